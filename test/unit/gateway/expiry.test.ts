import { expect, test } from 'vitest'
import type { SinkFeed } from '#api'
import { type FakeGate, type Feeder, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const expiring = { templates: ['bus:#{value.route}'], snapshot: { expireMs: 10_000, maxBytes: 10_000, maxEntries: 9 } }
const clock = manualClock()

function worker(): { gate: FakeGate; buses: Feeder } {
  const gate = fakeGate(clock)
  return { gate, buses: feeder(gate.hub.port.attachSink(makeAttachment(expiring))) }
}

test('what vanished while no worker ran is told to who comes back with a position', async () => {
  const first = worker()
  first.buses.feed.ready()
  await settle()
  first.buses.record([{ channel: 'bus:1', data: 1, key: 'vanishes' }])
  const client = first.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  const position = client.of('subscribed')[0]?.['position']

  const next = worker()
  next.buses.record([{ channel: 'bus:1', data: 1, key: 'vanishes' }])
  clock.advance(20_000)
  next.buses.feed.ready()
  await settle()
  const back = next.gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await settle()
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(back.of('message')).toEqual([{ type: 'message', channel: 'bus:1', key: 'vanishes', deleted: true }])

  const fresh = next.gate.connect()
  fresh.send({ type: 'subscribe', id: 1, channel: 'bus:1', snapshot: true })
  await settle()
  expect(fresh.of('snapshot')).toMatchObject([{ items: [] }])
  expect(fresh.of('message')).toEqual([])
})

test('a position from before something vanished is not taken once the window has forgotten both', async () => {
  const gate = fakeGate(clock)
  const feed = gate.hub.port.attachSink(makeAttachment({ ...expiring, window: { maxBytes: 1e6, maxAgeMs: 30_000 } }))
  const buses = feeder(feed)
  feed.ready()
  await settle()
  const join = async (position?: string): Promise<{ recovered: unknown; position: string }> => {
    const client = gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
    await settle()
    const [told] = client.of('subscribed')
    client.disconnect()
    return { recovered: told?.['recovered'], position: String(told?.['position']) }
  }
  const later = (ms: number): void => {
    clock.advance(ms)
    gate.hub.tick(clock.now())
  }
  buses.record([{ channel: 'bus:1', data: 1, key: 'vanishes' }])
  const { position } = await join()
  later(20_000)
  expect(await join(position)).toMatchObject({ recovered: true })
  later(60_000)
  // The channel's own state was released meanwhile.
  expect(await join(position)).toMatchObject({ recovered: false })
  buses.record([{ channel: 'bus:2', data: 2 }])
  const after = await join()
  expect(await join(after.position)).toMatchObject({ recovered: true })
})

test.each([
  ['whose time is known', 0, true],
  ['that Kafka holds no longer', 0, false],
  ['whose time is known', 11_000, true],
  ['that Kafka holds no longer', 11_000, false],
])('what was shown of records before the start, %s, ends a position of %i ms later', async (_, later, isKnown) => {
  const start = clock.now()
  const first = worker()
  first.buses.feed.ready()
  await settle()
  const publish = (feed: SinkFeed, offset: bigint, timestamp: number): void => {
    const origin = { topic: 't', partition: 0, offset, timestamp }
    const publication = { channel: 'bus:1', key: `k${offset}`, data: '1', origin, path: [] }
    feed.publish([publication], [{ topic: 't', partition: 0, offset: offset + 1n, timestamp }])
  }
  publish(first.buses.feed, 0n, start)
  clock.advance(later)
  // Not read from the epoch, which says when the client was there.
  first.gate.hub.tick(clock.now())
  publish(first.buses.feed, 1n, start)
  for (const stream of first.gate.hub.streams()) stream.tracker.renew(clock.now())
  const client = first.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1' })
  await settle()
  const position = client.of('subscribed')[0]?.['position']

  const gate = fakeGate(clock)
  const feed = gate.hub.port.attachSink(makeAttachment(expiring))
  feed.open([{ topic: 't', partition: 0, offset: 1n, timestampBefore: isKnown ? start : undefined }])
  publish(feed, 1n, start)
  clock.advance(20_000)
  feed.ready()
  await settle()
  const back = gate.connect()
  back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await settle()
  expect(back.of('subscribed')).toMatchObject([
    later === 0 ? { recovered: false, reason: 'window_passed' } : { recovered: true },
  ])
})
