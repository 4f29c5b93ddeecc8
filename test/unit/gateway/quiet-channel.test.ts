import { expect, test } from 'vitest'
import { clock, dataOf, numbered, positionAt, range, subscribe, turns, worker } from '../../support/past-worker.ts'
import { fakeGate, feeder, makeAttachment } from './harness.ts'

test('who comes back to a channel on which nothing happened needs no reading, and none of Kafka', async () => {
  const records = [...numbered(1), ...numbered(5, 'bus:2'), ...numbered(200)]
  const before = await worker(records)
  before.publish(1)
  const position = (await subscribe(before)).of('subscribed')[0]?.['position']
  const at = await worker(records)
  at.publish(6)
  at.past.isAway = true
  const quiet = await subscribe(at, { position })
  const watching = await subscribe(at, { channel: 'bus:*', position: await positionAt(records, 6) })
  for (const client of [quiet, watching]) {
    expect(client.of('subscribed')).toMatchObject([{ recovered: true }])
    expect(dataOf(client)).toEqual([])
  }
  at.publish(200)
  expect(at.past.figures.reads).toBe(0)
  await turns(100)
  expect(dataOf(quiet)).toEqual(range(0, 200))
  expect(dataOf(watching)).toEqual(range(0, 200))
  at.past.isAway = false
  const late = await subscribe(at, { channel: 'bus:2', position })
  expect(dataOf(late)).toEqual(range(0, 5))
  expect(at.past.figures.reads).toBe(1)
})

test('nor does who comes back to a pattern on whose channels nothing happened, the first and the next', async () => {
  const attachment = { templates: ['bus:#{value.line}:#{value.id}'] }
  const records = [...numbered(1, 'bus:q:1'), ...numbered(200, 'bus:n:1'), ...numbered(1, 'bus:q:2')]
  const before = await worker(records, { attachment })
  before.publish(1)
  const position = (await subscribe(before, { channel: 'bus:q:*' })).of('subscribed')[0]?.['position']
  const at = await worker(records, { attachment })
  at.publish(201)
  const first = await subscribe(at, { channel: 'bus:q:*', position })
  at.past.isAway = true
  const next = await subscribe(at, { channel: 'bus:q:*', position })
  for (const client of [first, next]) {
    expect(client.of('subscribed')).toMatchObject([{ recovered: true }])
    expect(dataOf(client)).toEqual([])
  }
  expect(at.past.figures.reads).toBe(0)
  at.publish(1)
  for (const client of [first, next]) client.disconnect()
  at.past.isAway = false
  const late = await subscribe(at, { channel: 'bus:q:*', position })
  await turns()
  expect(dataOf(late)).toEqual([0])
  expect(at.past.figures.reads).toBe(1)
})

test.each(['bus:1', 'bus:*'])(
  '%s: a position that knows of a partition found later is not taken for one that does not',
  async (channel) => {
    const timestampAt = async () => 1_700_000_000_000
    const identity = { clusterId: async () => 'cluster-1', timestampAt }
    const past = undefined
    const start = (partitions: number) => {
      const gate = fakeGate(clock)
      return { gate, bus: feeder(gate.hub.port.attachSink(makeAttachment({ identity, past })), partitions) }
    }
    const [one, other] = [start(2), start(1)]
    one.bus.feed.ready()
    await turns()
    one.bus.record([{ channel: 'bus:1', data: 'second' }], 1)
    const told = await subscribe(one, { channel })
    const position = told.of('subscribed')[0]?.['position']
    other.bus.record([{ channel: 'bus:1', data: 'first' }])
    other.bus.feed.open([{ topic: 't', partition: 1, offset: 0n }])
    const origin = { topic: 't', partition: 1, offset: 0n, timestamp: 1_700_000_000_000 }
    other.bus.feed.publish(
      [{ channel: 'bus:1', key: undefined, data: '"second"', origin, path: [] }],
      [{ topic: 't', partition: 1, offset: 1n, timestamp: origin.timestamp }],
    )
    other.bus.feed.ready()
    await turns()
    const back = await subscribe(other, { channel, position })
    expect(back.of('subscribed')).toMatchObject([{ recovered: false, reason: 'window_passed' }])
  },
)
