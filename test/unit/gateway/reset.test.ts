import { expect, test } from 'vitest'
import type { SinkFeed } from '#api'
import { type FakeClient, type FakeGate, fakeGate, makeAttachment, manualClock, settle } from './harness.ts'

const clock = manualClock()
// Each record of the former topic and of the new one has a time of its own.
let time = 1_700_000_000_000

const put = (feed: SinkFeed, topic: string, from: number, keys: readonly string[], partition = 0): void => {
  for (const [n, key] of keys.entries()) {
    const offset = BigInt(from + n)
    const origin = { topic, partition, offset, timestamp: time++ }
    const publication = { channel: 'bus:1', key, data: JSON.stringify(key), origin, path: [] }
    feed.publish([publication], [{ topic, partition, offset: offset + 1n, timestamp: time }])
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

const [one, two] = ['wFhvGs4eRXuZ0vVxK1dQ3A', 'kT1mPq8yQ5iB2nL7c0sEtw']

/** A stream of a topic that was empty when its epoch began, and a position after its records. */
async function serve(topicId: string | undefined, keys: readonly string[]) {
  const gate = fakeGate(clock)
  const feed = gate.hub.port.attachSink(makeAttachment())
  feed.open([{ topic: 'a', partition: 0, offset: 0n, topicId }])
  feed.ready()
  await settle()
  const client = await join(gate)
  put(feed, 'a', 0, keys)
  await settle()
  return { gate, feed, client, position: positionOf(client) }
}

test.each([
  ['another id', one, two, { recovered: false, reason: 'topic_changed' }],
  ['the same id', one, one, { recovered: true }],
  ['no id now', one, undefined, { recovered: true }],
  ['no id before', undefined, two, { recovered: true }],
])('a position that began while the topic was empty, of a topic that has %s', async (_, then, now, answer) => {
  const { position } = await serve(then, names('old', 10))
  expect(position).toMatch(/\.0-a/)
  const { gate } = await serve(now, names('new', 25))
  expect((await join(gate, { position })).of('subscribed')).toMatchObject([answer])
})

test.each([0n, 5n, 10n])('a topic made anew is noticed by its id when it is read from %d', async (offset) => {
  const { gate, feed, client, position } = await serve(one, names('old', 10))
  feed.open([{ topic: 'a', partition: 0, offset, topicId: two }])
  expect(client.closed()).toBe('detached')
  const live = await join(gate)
  const since = positionOf(live)
  put(feed, 'a', Number(offset), names('new', 25))
  await settle()
  expect(live.of('message').map(({ key }) => key)).toEqual(names('new', 25))
  expect((await join(gate, { position })).of('subscribed')).toMatchObject([
    { recovered: false, reason: 'topic_changed' },
  ])
  const resumed = await join(gate, { position: since })
  expect(resumed.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(resumed.of('message').map(({ key }) => key)).toEqual(names('new', 25))
  // Another worker, which began with the new topic.
  const other = await serve(two, [...names('x', Number(offset)), ...names('new', 25)])
  expect((await join(other.gate, { position })).of('subscribed')).toMatchObject([{ reason: 'topic_changed' }])
  expect((await join(other.gate, { position: since })).of('subscribed')).toMatchObject([{ recovered: true }])
})

test('the same topic opened once more where it is read disturbs nobody', async () => {
  const { gate, feed, client, position } = await serve(one, names('old', 10))
  feed.open([{ topic: 'a', partition: 0, offset: 10n, topicId: one }])
  feed.open([{ topic: 'a', partition: 0, offset: 10n }])
  expect(client.closed()).toBeUndefined()
  expect((await join(gate, { position })).of('subscribed')).toMatchObject([{ recovered: true }])
})

test('of a topic that is made anew with fewer partitions nothing of before is left', async () => {
  const { gate, feed } = await serve(one, ['kept'])
  feed.open([{ topic: 'a', partition: 1, offset: 0n, topicId: one }])
  feed.open([{ topic: 'b', partition: 0, offset: 0n, topicId: one }])
  put(feed, 'a', 0, ['gone'], 1)
  put(feed, 'b', 0, ['other'])
  feed.open([{ topic: 'a', partition: 0, offset: 0n, topicId: two }])
  put(feed, 'a', 0, ['new'])
  const client = await join(gate, { snapshot: true })
  const keys = client.of('snapshot').flatMap(({ items }) => (items as { key: string }[]).map(({ key }) => key))
  expect(keys.toSorted()).toEqual(['new', 'other'])
})
