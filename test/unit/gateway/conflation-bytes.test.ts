import { expect, test } from 'vitest'
import { type FakeClient, fakeGate, feeder, makeAttachment, manualClock, settle } from './harness.ts'

const kilobyte = 'x'.repeat(1000)

/** A client that does not read, of a gate where few bytes may wait for it. */
async function setUp(delivery: 'latest' | 'batch') {
  const clock = manualClock()
  const gate = fakeGate(clock, { limits: { conflatedBytes: 10_000 } })
  const buses = feeder(gate.hub.port.attachSink(makeAttachment()))
  buses.feed.ready()
  await settle()
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel: 'bus:1', delivery })
  await settle()
  client.waiting = 1 << 20
  return {
    client,
    waiting: () => client.session.client.subscriptions.get(1)?.pull?.conflation?.size(),
    async publish(key: string, ...all: readonly unknown[]) {
      for (const data of all) buses.record([{ channel: 'bus:1', key, data }])
      await settle()
    },
  }
}

const numbers = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => (data as { n: number }).n)

test('what waits in latest is bounded in bytes, and beyond the bound nothing is lost', async () => {
  const { client, waiting, publish } = await setUp('latest')
  for (let n = 0; n < 100; n++) await publish(`key-${n}`, { n, kilobyte })
  // Each counts for more than two thousand.
  expect(waiting()).toBe(5)
  client.drain()
  await settle()
  expect(numbers(client)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(waiting()).toBe(0)
})

test('what was replaced counts no more', async () => {
  const { client, waiting, publish } = await setUp('latest')
  for (let n = 0; n < 100; n++) await publish(`key-${n % 3}`, { n, kilobyte })
  expect(waiting()).toBe(3)
  client.drain()
  expect(numbers(client)).toEqual([99, 97, 98])
})

test('in batch all of a key count, and nothing is lost either', async () => {
  const { client, waiting, publish } = await setUp('batch')
  for (let n = 0; n < 20; n++) await publish(`key-${n % 2}`, { n, kilobyte })
  expect(waiting()).toBe(5)
  client.drain()
  await settle()
  const items = client.of('batch').flatMap((batch) => batch['items'] as { data: { n: number } }[])
  const all = [...items.map(({ data }) => data.n), ...(numbers(client) as number[])]
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(waiting()).toBe(0)
})

test('a message larger than the bound still comes, and nothing is taken in beside it', async () => {
  const { client, waiting, publish } = await setUp('latest')
  await publish('large', { n: 0, text: kilobyte.repeat(50) })
  for (let n = 1; n < 4; n++) await publish(`key-${n}`, { n })
  expect(waiting()).toBe(1)
  client.drain()
  await settle()
  expect(numbers(client)).toEqual([0, 1, 2, 3])
})
