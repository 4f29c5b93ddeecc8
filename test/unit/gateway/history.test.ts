import { expect, test } from 'vitest'
import { clock, granting, numbered, range, record, turns, type Worker } from '../../support/past-worker.ts'
import { fakePast, type PastRecord } from './fake-past.ts'
import type { Frame } from './harness.ts'

const wide = { maxBytes: 1 << 26, maxAgeMs: 3_600_000 }
const one = (offset: number, data: string): PastRecord =>
  record(offset, [{ channel: 'bus:1', key: 'k', data: JSON.stringify(data), path: [] }])

let id = 0
async function history(at: Worker, more: object): Promise<Frame | undefined> {
  const client = at.gate.connect()
  client.send({ type: 'history', id: ++id, channel: 'bus:1', limit: 100, ...more })
  for (let count = 0; count < 1000 && client.frames.length < 2; count++) await turns(1)
  return client.of('history')[0] ?? client.of('error')[0]
}
const itemsOf = (page: Frame | undefined): Record<string, unknown>[] => page?.['items'] as Record<string, unknown>[]
const dataOf = (page: Frame | undefined): unknown[] => itemsOf(page).map(({ data }) => data)

test('each message comes once and in the order of its partition where Kafka and the window meet', async () => {
  const logs = ['a', 'b'].map((name) => range(0, 12).map((offset) => one(offset, name + offset)))
  const [a = [], b = []] = logs
  // Kafka is read in another order than the worker read it in.
  let batches = 0
  const past = fakePast(logs, (open) => [open > 1 ? 1 - (batches++ % 2) : 0, 5])
  const at = await granting(a, {}, { past, attachment: { window: { maxBytes: 1 << 26, maxAgeMs: 10_000 } } })
  at.feed.open([{ topic: 't', partition: 1, offset: 0n }])
  at.publish(5)
  clock.advance(20_000)
  at.publish(7)
  at.feed.publish(
    b.flatMap(({ at: timestamp, parts }, offset) =>
      parts.map((part) => ({ ...part, origin: { topic: 't', partition: 1, offset: BigInt(offset), timestamp } })),
    ),
    [],
  )
  at.gate.hub.tick(clock.now())
  const items = dataOf(await history(at, { from: 'earliest' })).map(String)
  expect(items.filter((data) => data.startsWith('a'))).toEqual(range(0, 12).map((offset) => `a${offset}`))
  expect(items.filter((data) => data.startsWith('b'))).toEqual(range(0, 12).map((offset) => `b${offset}`))
})

test('a page may begin within a record that was split', async () => {
  const records = range(0, 3).map((offset) =>
    record(
      offset,
      range(0, 4).map((part) => ({ channel: 'bus:1', key: undefined, data: `"${offset}.${part}"`, path: [part] })),
    ),
  )
  for (const window of [wide, { maxBytes: 0, maxAgeMs: 0 }]) {
    const at = await granting(records, {}, { attachment: { window } })
    at.publish(3)
    const found: unknown[] = []
    let page = await history(at, { from: 'earliest', limit: 3 })
    for (; page?.['more'] === true; page = await history(at, { from: page['position'], limit: 3 }))
      found.push(...dataOf(page))
    found.push(...dataOf(page))
    expect(found).toEqual(range(0, 12).map((part) => `${Math.floor(part / 4)}.${part % 4}`))
  }
})

test('what is larger than the client takes is told by its size, and no frame is larger', async () => {
  const records = [
    one(0, 'first'),
    one(1, 'x'.repeat(100_000)),
    ...range(2, 20).map((offset) => one(offset, 'é'.repeat(50))),
  ]
  const at = await granting(records, {}, { attachment: { window: wide } })
  at.publish(20)
  const client = at.gate.connect()
  client.send({ type: 'connect', id: 1, maxMessageBytes: 1024 })
  const found: Record<string, unknown>[] = []
  for (let from: unknown = 'earliest'; from !== undefined; ) {
    client.send({ type: 'history', id: ++id, channel: 'bus:1', from, limit: 10 })
    await turns()
    const page = client.of('history').at(-1)
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(1024)
    found.push(...itemsOf(page))
    from = page?.['position']
  }
  expect(found).toHaveLength(20)
  expect(found[1]).toMatchObject({ channel: 'bus:1', key: 'k', oversize: expect.any(Number) })
  expect(found[1]?.['oversize']).toBeGreaterThan(100_000)
  expect(found[1]).not.toHaveProperty('data')
})

test('a message larger than the send buffer does not close who asks for it', async () => {
  const at = await granting([one(0, 'x'.repeat(1_200_000))], {}, { attachment: { window: wide } })
  at.publish(1)
  expect(itemsOf(await history(at, { from: 'earliest' }))).toMatchObject([{ oversize: expect.any(Number) }])
})

test('what takes too long to read is answered as far as it was read, and goes on there', async () => {
  const records = [one(0, 'first'), ...numbered(3000, 'bus:other').slice(1), one(3000, 'last')]
  const past = fakePast([records], () => [0, 10])
  const { read } = past
  Object.assign(past, {
    async *read(...asked: Parameters<typeof read>) {
      for await (const batch of read(...asked)) {
        clock.advance(100)
        yield batch
      }
    },
  })
  const at = await granting(records, {}, { past, sleeps: true })
  at.publish(3001)
  const found: unknown[] = []
  let page = await history(at, { from: 'earliest' })
  expect(page).toMatchObject({ type: 'history', items: [{ data: 'first' }], more: true })
  let pages = 1
  for (; page?.['more'] === true; pages++) {
    found.push(...dataOf(page))
    page = await history(at, { from: page['position'] })
  }
  expect([...found, ...dataOf(page)]).toEqual(['first', 'last'])
  expect(pages).toBeLessThan(6)
})

test('what is no longer in Kafka when its turn comes is answered up to there, and then refused by its name', async () => {
  const records = numbered(100)
  const past = fakePast([records], () => [0, 10])
  const at = await granting(records, {}, { past })
  at.publish(100)
  const client = at.gate.connect()
  client.send({ type: 'history', id: 1, channel: 'bus:1', from: 'earliest', limit: 100 })
  await turns(8)
  past.low[0] = 90
  await turns(30)
  const [page] = client.of('history')
  expect(page?.['more']).toBe(true)
  expect(dataOf(page)).toEqual(range(0, itemsOf(page).length))
  clock.advance(2000)
  expect(await history(at, { from: page?.['position'] })).toMatchObject({
    code: 'no_history',
    message: expect.stringContaining('retention_passed'),
  })
})
