import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Clock, SinkFeed } from '#api'
import type { WorkerEnd } from '../../../src/gateway/link/worker-end.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { soon } from '../../support/eventually.ts'
import {
  linkInMemory,
  linkLimits,
  makeGateEnd,
  makeWorkerEnd,
  memoryPair,
  untilTestEnds,
} from '../../support/linked.ts'
import { type FakeClient, fakeGate, feeder, makeAttachment } from './harness.ts'

const datas = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
const attachment = makeAttachment({
  templates: ['bus:#{value.id}'],
  identity: {
    clusterId: async () => 'cluster-1',
    timestampAt: async (_, offset) => 1_700_000_000_000 + Number(offset),
  },
})

function start(clock: Clock = systemClock) {
  const gate = fakeGate(clock)
  const end = untilTestEnds(makeGateEnd(gate.hub.port))
  const worker = (name = 'worker', limits = linkLimits): WorkerEnd =>
    untilTestEnds(makeWorkerEnd(name, systemClock, limits))
  return { gate, end, worker }
}

async function subscribe(client: FakeClient, more: object = {}): Promise<void> {
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
  await soon(() => expect(client.of('subscribed')).toHaveLength(1))
}

const say = (feed: ReturnType<typeof feeder>, ...numbers: readonly number[]): void => {
  for (const data of numbers) feed.record([{ channel: 'bus:1', data, key: `k${data % 3}` }])
}

describe('a gate whose link is cut', () => {
  it('keeps its clients, tells them, refuses what they publish, and goes on where it was', async () => {
    const { gate, end, worker } = start()
    const own = worker()
    const feed = feeder(own.port.attachSink(attachment))
    own.port.attachSource({ connector: 'chat', channels: ['chat:*'], publish: async () => ({ ok: true }) })
    feed.feed.ready()
    own.started()
    const pair = await linkInMemory(own, end)
    await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
    const client = gate.connect()
    await subscribe(client)
    say(feed, 0, 1)
    await soon(() => expect(datas(client)).toEqual([0, 1]))

    await pair.close()
    await soon(() => expect(client.of('notice').map(({ code }) => code)).toEqual(['stale']))
    client.send({ type: 'publish', id: 2, channel: 'chat:1', data: 1 })
    await soon(() => expect(client.of('error')).toMatchObject([{ id: 2, code: 'unavailable', retryable: true }]))
    say(feed, 2, 3)
    await linkInMemory(own, end)
    say(feed, 4)
    await soon(() => expect(datas(client)).toEqual([0, 1, 2, 3, 4]))
    expect(client.of('notice').map(({ code }) => code)).toEqual(['stale', 'fresh'])
    client.send({ type: 'publish', id: 3, channel: 'chat:1', data: 1 })
    await soon(() => expect(client.of('published')).toMatchObject([{ id: 3 }]))
    expect(client.closed()).toBeUndefined()
  })

  it('goes over to another worker, behind or ahead, with nothing lost and nothing twice', async () => {
    const { gate, end, worker } = start()
    const [a, b] = [worker('a'), worker('b')]
    const feeds = [feeder(a.port.attachSink(attachment)), feeder(b.port.attachSink(attachment))] as const
    for (const { feed } of feeds) feed.ready()
    say(feeds[1], 0)
    const pair = await linkInMemory(a, end)
    await linkInMemory(b, end)
    await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
    const client = gate.connect()
    await subscribe(client, { position: undefined })
    say(feeds[0], 0, 1, 2)
    await soon(() => expect(datas(client)).toEqual([0, 1, 2]))
    await pair.close()
    say(feeds[1], 1, 2, 3)
    await soon(() => expect(datas(client)).toEqual([0, 1, 2, 3]))
    expect(client.closed()).toBeUndefined()
  })

  it('begins anew when what it missed is no longer there, and clients come back with their positions', async () => {
    const { gate, end, worker } = start()
    const own = worker()
    const feed = feeder(own.port.attachSink({ ...attachment, window: { maxBytes: 2000, maxAgeMs: 3_600_000 } }))
    feed.feed.ready()
    const pair = await linkInMemory(own, end)
    await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
    const client = gate.connect()
    await subscribe(client)
    await pair.close()
    await soon(() => expect(client.of('notice')).toHaveLength(1))
    say(feed, 1, 2, ...Array.from({ length: 50 }, (_, n) => 3 * n))
    await linkInMemory(own, end)
    await soon(() => expect(client.closed()).toBe('detached'))
    const back = gate.connect()
    await subscribe(back, { snapshot: true })
    await soon(() => expect(back.of('snapshot')).toHaveLength(1))
    // What left the worker's window is in the snapshot all the same.
    expect(back.of('snapshot')[0]).toMatchObject({
      items: expect.arrayContaining([1, 2, 147].map((data) => expect.objectContaining({ data }))) as unknown,
    })
  })

  it('is cut off when it does not keep up, and the others are not held up', async () => {
    const { gate, end, worker } = start()
    const own = worker('worker', { maxQueuedBytes: 1_048_576, heartbeatMs: 5000 })
    const feed = own.port.attachSink(attachment)
    feed.open([{ topic: 't', partition: 0, offset: 0n }])
    feed.ready()
    const stuck = await memoryPair()
    onTestFinished(() => stuck.close())
    let reason = ''
    own.link(stuck.worker, 'stuck', { closed: (error) => (reason = error.message) })
    untilTestEnds(makeGateEnd(fakeGate(systemClock).hub.port)).link(stuck.gate, 'worker')
    await linkInMemory(own, end)
    await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
    const client = gate.connect()
    await subscribe(client)
    await new Promise((resolve) => setImmediate(resolve))
    stuck.gate.pause()
    let sent = 0
    while (reason === '' && sent < 1000) {
      publish(feed, sent++, 'x'.repeat(50_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reason).toContain('wait for the other end')
    await soon(() => expect(datas(client)).toHaveLength(sent))
  })
})

const publish = (feed: SinkFeed, offset: number, data: string): void => {
  const origin = { topic: 't', partition: 0, offset: BigInt(offset), timestamp: 1_700_000_000_000 + offset }
  const progress = [{ topic: 't', partition: 0, offset: BigInt(offset + 1), timestamp: origin.timestamp }]
  feed.publish([{ channel: 'bus:1', key: undefined, data: JSON.stringify(data), origin, path: [] }], progress)
}

it('loses nothing and doubles nothing, wherever the link is cut', { timeout: 30_000 }, async () => {
  const cut = fc.record({ before: fc.nat(4), away: fc.nat(4), bytes: fc.nat(600) })
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
      const { gate, end, worker } = start()
      const own = worker()
      const feed = feeder(own.port.attachSink(attachment), 2)
      feed.feed.ready()
      let said = 0
      const speak = (count: number): void => {
        for (let n = 0; n < count; n++) {
          feed.record(
            [
              { channel: 'bus:1', data: said++ },
              { channel: 'bus:1', data: said++ },
            ],
            n % 2,
          )
        }
      }
      let pair = await linkInMemory(own, end)
      await soon(() => expect([...gate.hub.streams()].map((stream) => stream.isReady())).toEqual([true]))
      const client = gate.connect()
      await subscribe(client)
      for (const { before, away, bytes } of cuts) {
        speak(before)
        // Only a part of what is on its way arrives.
        const through = pair.gate.read(bytes) as Buffer | null
        if (through) pair.gate.emit('data', through)
        await pair.close()
        speak(away)
        pair = await linkInMemory(own, end)
      }
      speak(1)
      await soon(() => expect(datas(client).toSorted((a, b) => Number(a) - Number(b))).toEqual([...Array(said).keys()]))
      expect(client.closed()).toBeUndefined()
      end.stop()
      own.stop()
    }),
    { numRuns: 40 },
  )
})
