import { expect, test } from 'vitest'
import {
  clock,
  dataOf,
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
import type { FakeClient } from './harness.ts'

const one = (offset: number, channel = 'bus:1', key = 'k'): PastRecord =>
  record(offset, [{ channel, key, data: String(offset), path: [] }])
/** Two messages of a channel, with a long stretch of others' between them. */
const apart = (): PastRecord[] => [one(0), ...numbered(5000, 'bus:other').slice(1), one(5000)]

/** A past of which some records take some time. */
function slowPast(records: PastRecord[], count: number, ms: number): FakePast {
  const past = fakePast([records], () => [0, count])
  const { read } = past
  return Object.assign(past, {
    async *read(...asked: Parameters<FakePast['read']>) {
      for await (const batch of read(...asked)) {
        clock.advance(ms)
        yield batch
      }
    },
  })
}

async function tick(at: Worker, isOver: () => boolean): Promise<void> {
  for (let count = 0; count < 5000 && !isOver(); count++) {
    await turns(1)
    at.gate.hub.tick(clock.now())
  }
}

const isLive = (client: FakeClient) => (): boolean => client.of('live').length > 0 || client.closed() !== undefined

test('who is read back to is given the time that it takes', async () => {
  const records = apart()
  const position = await positionAt(records, 1)
  const at = await worker(records, { past: slowPast(records, 50, 2000) })
  at.publish(5001)
  const client = at.gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position })
  await tick(at, isLive(client))
  expect(client.closed()).toBeUndefined()
  expect(dataOf(client)).toEqual([5000])
})

test('who waits for its turn to be read back is not closed for it', async () => {
  const records = numbered(2000)
  const [near, far] = [await positionAt(records, 1000), await positionAt(records, 1)]
  const past = slowPast(records, 10, 1000)
  const at = await worker(records, { past, settings: { resume: { readers: 1 } } })
  at.publish(2000)
  const first = at.gate.connect()
  first.send({ type: 'subscribe', id: 1, channel: 'bus:1', position: near })
  await turns(5)
  const second = at.gate.connect()
  second.send({ type: 'subscribe', id: 1, channel: 'bus:1', position: far })
  await tick(at, isLive(second))
  expect(second.closed()).toBeUndefined()
  expect(dataOf(second)).toEqual(range(1, 2000))
})

test.each([{}, { delivery: 'latest' }])(
  'who is cut off in a long stretch that is read back goes on where reading had come to',
  async (terms) => {
    const records = apart()
    const position = await positionAt(records, 1)
    const at = await worker(records, { past: slowPast(records, 50, 2000) })
    at.publish(5001)
    const client = at.gate.connect()
    client.send({ type: 'subscribe', id: 1, channel: 'bus:1', position, ...terms })
    await tick(at, () => client.of('position').length > 1)
    client.disconnect()
    expect(client.of('live')).toEqual([])
    const read = at.past.figures.records
    const told = client.of('position').at(-1)?.['position']
    const back = at.gate.connect()
    back.send({ type: 'subscribe', id: 1, channel: 'bus:1', position: told, ...terms })
    await tick(at, isLive(back))
    expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
    expect(dataOf(back)).toEqual([5000])
    expect(at.past.figures.records - read).toBeLessThan(5000 - 50)
  },
)

test.each([
  ['fewer', 8],
  ['more', 100],
])('what vanished while a client was away is told where %s keys came than the snapshot holds', async (_, count) => {
  const records: PastRecord[] = []
  const snapshot = { expireMs: 10_000, maxBytes: 1 << 20, maxEntries: 10 }
  const at = await worker(records, { attachment: { snapshot, window: { maxBytes: 0, maxAgeMs: 0 } } })
  const publish = (names: readonly string[]): void => {
    for (const key of names) records.push({ at: clock.now(), parts: [{ channel: 'bus:1', key, data: '1', path: [] }] })
    at.publish(names.length)
  }
  const pass = (): void => {
    clock.advance(10_001)
    at.gate.hub.tick(clock.now())
  }
  const keys = (name: string, from: number, to: number): string[] => range(from, to).map((each) => `${name}${each}`)
  publish(keys('z', 0, 10))
  pass()
  publish(keys('a', 0, 8))
  const client = await subscribe(at, { snapshot: true })
  const [page] = client.of('snapshot')
  const items = (page?.['items'] ?? []) as { key: string }[]
  const shown = new Set(items.map(({ key }) => key))
  expect(shown.size).toBe(8)
  const position = client.of('subscribed')[0]?.['position']
  client.disconnect()
  for (let from = 0; from < count; from += 8) {
    pass()
    publish(keys('b', from, Math.min(from + 8, count)))
  }
  const back = await subscribe(at, { position })
  expect(back.of('subscribed')).toMatchObject([{ recovered: true }])
  for (const { key, deleted } of back.of('message')) {
    if (deleted === true) shown.delete(String(key))
    else shown.add(String(key))
  }
  const last = count % 8 || 8
  expect([...shown].toSorted()).toEqual(keys('b', count - last, count).toSorted())
  expect(back.of('live')).toHaveLength(1)
})
