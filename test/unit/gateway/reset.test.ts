import { expect, test } from 'vitest'
import type { SinkFeed } from '#api'
import { type FakeClient, type FakeGate, fakeGate, makeAttachment, manualClock, settle } from './harness.ts'

const clock = manualClock()
// Each record of the former topic and of the new one has a time of its own.
let time = 1_700_000_000_000

const put = (feed: SinkFeed, topic: string, from: number, keys: readonly string[]): void => {
  for (const [n, key] of keys.entries()) {
    const offset = BigInt(from + n)
    const origin = { topic, partition: 0, offset, timestamp: time++ }
    const publication = { channel: 'bus:1', key, data: JSON.stringify(key), origin, path: [] }
    feed.publish([publication], [{ topic, partition: 0, offset: offset + 1n, timestamp: time }])
  }
}
const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`)

async function join(gate: FakeGate, more: object = {}): Promise<FakeClient> {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', ...more })
  await settle()
  return client
}
const positionOf = (client: FakeClient): string => {
  const whole = client.frames.filter(({ position }) => typeof position === 'string' && !position.startsWith('.')).at(-1)
  const last = client.of('message').at(-1)?.['position']
  const told = String(whole?.['position'])
  return typeof last === 'string' ? told.slice(0, told.indexOf('.')) + last : told
}

async function setUp(): Promise<{ gate: FakeGate; feed: SinkFeed }> {
  const gate = fakeGate(clock)
  const feed = gate.hub.port.attachSink(makeAttachment())
  feed.open([
    { topic: 'a', partition: 0, offset: 0n },
    { topic: 'b', partition: 0, offset: 0n },
  ])
  put(feed, 'b', 0, ['b'])
  feed.ready()
  await settle()
  return { gate, feed }
}

test.each([
  ['fewer', 3],
  ['as many', 10],
  ['more', 25],
])('a topic made anew with %s records is delivered whole, and no position of before is taken', async (_, count) => {
  const { gate, feed } = await setUp()
  const client = await join(gate)
  put(feed, 'a', 0, names('old', 10))
  await settle()
  const position = positionOf(client)
  expect(position).toMatch(/\.0-a/)

  feed.open([{ topic: 'a', partition: 0, offset: 0n }])
  expect(client.closed()).toBe('detached')
  const live = await join(gate)
  const since = positionOf(live)
  put(feed, 'a', 0, names('new', count))
  await settle()
  expect(live.of('message').map(({ key }) => key)).toEqual(names('new', count))

  const back = await join(gate, { position, snapshot: true })
  expect(back.of('subscribed')).toMatchObject([{ recovered: false, reason: 'topic_changed' }])
  const keys = back.of('snapshot').flatMap(({ items }) => (items as { key: string }[]).map(({ key }) => key))
  expect(keys).toEqual(['b', ...names('new', count)])

  const resumed = await join(gate, { position: since })
  expect(resumed.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(resumed.of('message').map(({ key }) => key)).toEqual(names('new', count))
})

test('a position that is being checked when the log goes back is not taken', async () => {
  const gate = fakeGate(clock)
  let answer: (timestamp: number) => void = () => undefined
  const timestampAt = (): Promise<number> =>
    new Promise((resolve) => {
      answer = resolve
    })
  const former = fakeGate(clock)
  const other = former.hub.port.attachSink(makeAttachment())
  other.open([{ topic: 'a', partition: 0, offset: 5n, timestampBefore: 7 }])
  other.ready()
  await settle()
  const position = positionOf(await join(former))

  const feed = gate.hub.port.attachSink(
    makeAttachment({ identity: { clusterId: async () => 'cluster-1', timestampAt } }),
  )
  feed.open([{ topic: 'a', partition: 0, offset: 5n, timestampBefore: 7 }])
  feed.ready()
  await settle()
  const client = await join(gate, { position })
  feed.open([{ topic: 'a', partition: 0, offset: 0n }])
  for (let n = 0; n < 3; n++) {
    answer(7)
    await settle()
  }
  expect(client.of('error')).toMatchObject([{ code: 'unavailable', retryAfter: 1000 }])
})
