import { expect, test } from 'vitest'
import type { TopicIdentity } from '#api'
import {
  began,
  clock,
  dataOf,
  granting,
  numbered,
  positionAt,
  range,
  record,
  subscribe,
  turns,
  type Worker,
  worker,
} from '../../support/past-worker.ts'
import { type FakePast, fakePast, type PastRecord } from './fake-past.ts'

test('what left the memory is read from Kafka, and live follows without a gap or a double', async () => {
  const records = numbered(120)
  const position = await positionAt(records, 10)
  const at = await worker(records)
  at.publish(100)
  const client = await subscribe(at, { position })
  expect(client.of('subscribed')).toMatchObject([{ recovered: true, position }])
  expect(dataOf(client)).toEqual(range(10, 100))
  expect(client.of('live')).toHaveLength(1)
  at.publish(20)
  expect(dataOf(client)).toEqual(range(10, 120))
  expect(at.gate.hub.readBack()).toMatchObject({ begun: 1, records: 90 })
})

test('many who come back at once share one reading, wherever they stand', async () => {
  const records = numbered(200)
  const positions = await Promise.all(range(1, 41).map((count) => positionAt(records, count)))
  const at = await worker(records)
  at.publish(200)
  const clients = positions.map((position) => {
    const client = at.gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
    return client
  })
  await turns(80)
  for (const [index, client] of clients.entries()) expect(dataOf(client)).toEqual(range(index + 1, 200))
  expect(at.past.figures.reads).toBe(1)
  expect(at.gate.hub.readBack()).toMatchObject({ begun: 1, records: 199 })
})

test('a client that does not read falls out of the reading and holds nobody up', async () => {
  const big = 'x'.repeat(20_000)
  const records = Array.from({ length: 1000 }, (_, offset) =>
    record(offset, [{ channel: 'bus:1', key: undefined, data: `"${offset}-${big}"`, path: [] }]),
  )
  const position = await positionAt(records, 1)
  const at = await worker(records)
  at.publish(1000)
  const slow = at.gate.connect()
  const quick = at.gate.connect()
  slow.waiting = 600_000
  for (const client of [slow, quick]) client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await turns(300)
  expect(dataOf(quick)).toHaveLength(999)
  expect(dataOf(slow)).toHaveLength(0)
  slow.drain()
  await turns(300)
  expect(dataOf(slow)).toEqual(dataOf(quick))
})

test('a position in the middle of a split record continues exactly there, under an epoch of its own', async () => {
  const records = range(0, 5).map((offset) =>
    record(
      offset,
      range(0, 4).map((part) => ({ channel: 'bus:1', key: undefined, data: `"${offset}.${part}"`, path: [part] })),
    ),
  )
  const first = await worker(records, { attachment: { window: { maxBytes: 1 << 20, maxAgeMs: 3_600_000 } } })
  const client = await subscribe(first)
  first.publish(2)
  const [, , sixth] = client.of('message').slice(4)
  const epoch = String(client.of('position').at(-1)?.['position'] ?? client.of('subscribed')[0]?.['position'])
  const position = epoch.slice(0, epoch.indexOf('.')) + String(sixth?.['position'])
  const at = await worker(records)
  at.publish(5)
  const back = await subscribe(at, { position })
  expect(dataOf(back)).toEqual([
    '1.3',
    ...range(2, 5).flatMap((offset) => range(0, 4).map((part) => `${offset}.${part}`)),
  ])
})

test('Kafka may be away while it is read back: the client stays and misses nothing', async () => {
  const records = numbered(100)
  const position = await positionAt(records, 5)
  const past = fakePast([records], () => [0, 10])
  const at = await worker(records, { past, sleeps: true })
  at.publish(100)
  const client = at.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await turns(8)
  past.isAway = true
  await turns()
  const before = dataOf(client).length
  expect(before).toBeLessThan(95)
  past.isAway = false
  await turns()
  expect(client.closed()).toBeUndefined()
  expect(dataOf(client)).toEqual(range(5, 100))
})

test.each([
  ['retention_passed', (past: FakePast): unknown => past.low.fill(20)],
  ['compacted', (past: FakePast): unknown => Object.assign(past, { isCompacted: true })],
] as const)('says %s, sends nothing of it, and a snapshot when one was asked for', async (reason, change) => {
  const records = numbered(50)
  const position = await positionAt(records, 10)
  const at = await worker(records)
  at.publish(50)
  change(at.past)
  const client = await subscribe(at, { position, snapshot: true })
  expect(client.of('subscribed')).toMatchObject([{ recovered: false, reason }])
  expect(dataOf(client)).toEqual([])
  expect(client.of('snapshot')[0]?.['items']).toHaveLength(3)
})

test('a topic that was made anew, which this worker has not heard of, is not read back for a position of the former one', async () => {
  const records = numbered(50)
  const [former, anew] = ['wFhvGs4eRXuZ0vVxK1dQ3A', 'kT1mPq8yQ5iB2nL7c0sEtw']
  const position = await positionAt(records, 10, false, { topicId: former })
  const at = await worker(records, { topicId: former })
  at.publish(50)
  at.past.topicId = former
  expect(dataOf(await subscribe(at, { position }))).toEqual(range(10, 50))
  clock.advance(2000)
  at.past.topicId = anew
  const client = await subscribe(at, { position })
  expect(client.of('subscribed')).toMatchObject([{ recovered: false, reason: 'topic_changed' }])
  expect(dataOf(client)).toEqual([])
})

test('without a past what left the memory is window_passed, and each other reason is its own', async () => {
  const records = numbered(50)
  const position = await positionAt(records, 10)
  const reasonFor = async (at: Worker, given: string): Promise<unknown> => {
    at.publish(50)
    const told = (await subscribe(at, { position: given })).of('subscribed')[0]
    expect(told?.['recovered']).toBe(false)
    return told?.['reason']
  }
  const identity = (timestamp: number, cluster = 'cluster-1'): TopicIdentity => ({
    clusterId: async () => cluster,
    timestampAt: async () => timestamp,
  })
  expect(await reasonFor(await worker(records, { past: null }), position)).toBe('window_passed')
  expect(await reasonFor(await worker(records), `${position.slice(0, -3)}!.`)).toBe('position_invalid')
  expect(await reasonFor(await worker(records, { attachment: { rule: 'rule-2' } }), position)).toBe('rule_changed')
  expect(await reasonFor(await worker(records, { attachment: { identity: identity(1, 'other') } }), position)).toBe(
    'cluster_changed',
  )
  expect(await reasonFor(await worker(records, { attachment: { identity: identity(77) } }), position)).toBe(
    'topic_changed',
  )
  expect(await reasonFor(await worker(records, { settings: { position: { maxAgeMs: -1 } } }), position)).toBe(
    'position_expired',
  )
  const short = await worker(numbered(5))
  expect(await reasonFor(short, await positionAt(records, 20, false))).toBe('position_ahead')
})

test('a slow client whose place left the window is read back for, and is closed with lag when the log was cut', async () => {
  const big = 'x'.repeat(300_000)
  const records = range(0, 40).map((offset) =>
    record(offset, [{ channel: 'bus:1', key: undefined, data: `"${offset}${big}"`, path: [] }]),
  )
  const at = await worker(records)
  const client = await subscribe(at)
  at.publish(20)
  await turns(100)
  expect(dataOf(client)).toHaveLength(20)
  client.waiting = 1_000_000
  at.publish(10)
  at.past.low[0] = 30
  at.publish(10)
  client.waiting = 0
  client.drain()
  await turns(50)
  expect(client.closed()).toBe('lag')
})

test('what vanished from snapshots while a client was away is told at the end of what it missed', async () => {
  const expiring = { snapshot: { expireMs: 10_000, maxBytes: 1 << 20, maxEntries: 1000 } }
  const one = (key: string, at: number): PastRecord => ({
    at,
    parts: [{ channel: 'bus:1', key, data: `"${key}"`, path: [] }],
  })
  const start = clock.now()
  const records = [
    one('old', start),
    one('gone', start),
    one('stays', start),
    one('last', start + 60_000),
    one('stays', start + 60_000),
  ]
  const first = await worker(records, { attachment: expiring })
  first.publish(1)
  const client = await subscribe(first)
  const position = client.of('subscribed')[0]?.['position']
  client.disconnect()
  first.publish(2)
  clock.advance(60_000)
  first.publish(2)
  first.gate.hub.tick(clock.now())
  const back = await subscribe(first, { position })
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  const told = back.of('message').map(({ key, deleted }) => `${String(key)}${deleted ? ' deleted' : ''}`)
  expect(told.slice(0, 4)).toEqual(['gone', 'stays', 'last', 'stays'])
  expect(told.slice(4).toSorted()).toEqual(['gone deleted', 'old deleted'])
})

test.each([
  ['earliest', 0],
  [String(began + 30), 30],
  [new Date(began + 40).toISOString(), 40],
])('a subscription from %s begins there and ends live', async (from, first) => {
  const at = await granting(numbered(60))
  at.publish(50)
  const client = await subscribe(at, { from })
  expect(client.of('subscribed')).toMatchObject([{ recovered: null }])
  at.publish(10)
  await turns()
  expect(dataOf(client)).toEqual(range(first, 60))
  expect(client.of('live')).toHaveLength(1)
})

test.each([
  [{ from: 'yesterday' }, 'bad_request'],
  [{ from: '2026-13-45T00:00:00Z' }, 'bad_request'],
  [{ from: '2026-01-01T00:00:00' }, 'bad_request'],
  [{ from: 'earliest', position: 'a.b' }, 'bad_request'],
  [{ from: 'earliest', snapshot: true }, 'bad_request'],
])('%j is refused as %s', async (asked, code) => {
  const at = await granting(numbered(5))
  expect((await subscribe(at, asked)).of('error')).toMatchObject([{ id: 1, code, field: 'from' }])
})

test('from and history need the namespace or the token to grant them, for a channel that exists or not', async () => {
  const at = await worker(numbered(5))
  for (const channel of ['bus:1', 'bus:none']) {
    const client = at.gate.connect()
    client.send({ type: 'subscribe', id: 1, channel, from: 'earliest' })
    client.send({ type: 'history', id: 2, channel, from: 'earliest', limit: 5 })
    await turns()
    expect(client.of('error')).toMatchObject([
      { id: 1, code: 'forbidden' },
      { id: 2, code: 'forbidden' },
    ])
  }
})

test('a history comes in pages, each position good for the next and for a subscription', async () => {
  const at = await granting(numbered(25))
  at.publish(25)
  const client = at.gate.connect()
  const seen: unknown[] = []
  let from = 'earliest'
  let middle = ''
  for (let id = 1; id <= 3; id++) {
    client.send({ type: 'history', id, channel: 'bus:1', from, limit: 10 })
    await turns()
    const page = client.of('history').find((frame) => frame['id'] === id)
    const items = page?.['items'] as { data: number; position: string; channel: string }[]
    seen.push(...items.map(({ data }) => data))
    from = items.at(-1)?.position ?? ''
    expect(page?.['more']).toBe(id < 3)
    if (id === 2) middle = from
  }
  expect(dataOf(await subscribe(at, { position: middle }))).toEqual(range(20, 25))
  expect(seen).toEqual(range(0, 25))
  client.send({ type: 'history', id: 9, channel: 'bus:1', from: 'x.y', limit: 10 })
  client.send({ type: 'history', id: 10, channel: 'bus:*', from: 'earliest', limit: 10 })
  await turns()
  expect(client.of('error')).toMatchObject([
    { id: 10, code: 'bad_channel' },
    { id: 9, code: 'no_history', field: 'from' },
  ])
})
