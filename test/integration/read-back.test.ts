import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { countPastFetches } from '../support/past-fetches.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, write } from '../support/topics.ts'
import { type FakeClient, type FakeGate, fakeGate } from '../unit/gateway/harness.ts'

const bootstrapServers = inject('kafka')

/** A worker with its gate, which keeps no messages in memory. */
async function startWorker(name: string, topic: string): Promise<FakeGate> {
  const gate = fakeGate(systemClock)
  // A read-back is many fetches.
  const workerProps = { 'consumer.max.partition.fetch.bytes': '4096' }
  const { herder } = testHerder({ bootstrapServers, gateway: gate.hub.port, workerProps })
  await herder.putConnector(
    name,
    {
      'connector.class': 'WebSocketServerSink',
      topics: topic,
      channel: 'bus:#{key}',
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'false',
      'window.max.bytes': '0',
      transforms: 'split',
      'transforms.split.type': 'Split',
      'transforms.split.field': 'parts',
      'message.key': 'key',
    },
    { replace: false },
  )
  const timer = setInterval(() => gate.hub.tick(Date.now()), 200)
  onTestFinished(() => clearInterval(timer))
  await eventually(() => [...gate.hub.streams()].length === 1 && gate.hub.isReady(), { timeoutMs: 20_000 })
  return gate
}

function subscribe(gate: FakeGate, channel: string, position?: string): FakeClient {
  const client = gate.connect()
  client.send({ type: 'subscribe', id: 1, channel, ...(position === undefined ? {} : { position }) })
  return client
}

const dataOf = (client: FakeClient): unknown[] => client.of('message').map(({ data }) => data)
const subscribed = (client: FakeClient) => eventually(() => client.of('subscribed')[0])

/** Whole, after the last message that came. */
function positionOf(client: FakeClient): string {
  let position = ''
  for (const frame of client.frames) {
    const told = frame['position']
    if (typeof told !== 'string') continue
    position = told.startsWith('.') ? position.slice(0, position.indexOf('.')) + told : told
  }
  return position
}

const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({
    key: String((from + index) % 4),
    value: JSON.stringify({
      parts: [
        { n: from + index, part: 0 },
        { n: from + index, part: 1 },
      ],
    }),
    partition: index % 2,
  }))

const wanted = (key: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index)
    .filter((n) => n % 4 === key)
    .flatMap((n) => [
      { n, part: 0 },
      { n, part: 1 },
    ])

async function admin() {
  const client = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).admin()
  await client.connect()
  onTestFinished(() => client.disconnect())
  return client
}

test('one, twenty and two hundred clients come back to another worker with nothing in memory, and share what is read', async () => {
  const fetches = countPastFetches()
  const [name, topic] = [`read-back-${randomUUID()}`, await newTopic(2)]
  const first = await startWorker(name, topic)
  await write(topic, records(0, 40))
  const clients = Array.from({ length: 200 }, (_, index) => subscribe(first, `bus:${index % 4}`))
  await Promise.all(clients.map(subscribed))
  await write(topic, records(40, 80))
  await eventually(() => clients.every((client) => dataOf(client).length >= 20), { timeoutMs: 20_000 })
  // Some of them in the middle of a record.
  const positions = clients.map((client, index) => {
    if (index % 3 > 0) return positionOf(client)
    const [message] = client.of('message').slice(-3)
    return positionOf(client).replace(/\..*/, '') + String(message?.['position'])
  })
  const had = clients.map((client, index) => dataOf(client).slice(0, index % 3 > 0 ? undefined : -2))
  for (const client of clients) client.disconnect()
  for (let from = 80; from < 2000; from += 80) await write(topic, records(from, from + 80))

  /** Waits until they have the last record that they missed, and looks at all that they have. */
  const caughtUp = async (back: readonly FakeClient[], to: number): Promise<void> => {
    const isThere = (client: FakeClient, index: number): boolean =>
      isDeepStrictEqual(dataOf(client).at(-1), wanted(index % 4, to - 4, to).at(-1))
    await eventually(() => back.every(isThere), { timeoutMs: 20_000 }).catch(() => undefined)
    for (const [index, client] of back.entries()) {
      const all = [...(had[index] ?? []), ...dataOf(client)]
      expect(all).toEqual(wanted(index % 4, all[0] === undefined ? 0 : (all[0] as { n: number }).n, to))
    }
  }
  /** The first so many of them come back, to a worker that has just started. */
  const comeBack = async (count: number) => {
    const gate = await startWorker(name, topic)
    const before = fetches()
    const back = positions.slice(0, count).map((position, index) => subscribe(gate, `bus:${index % 4}`, position))
    await Promise.all(back.map(subscribed))
    for (const client of back) expect(client.of('subscribed')[0]).toMatchObject({ recovered: true })
    await caughtUp(back, 2000)
    const { begun, records: read } = gate.hub.readBack()
    return { back, begun, read, fetches: fetches() - before }
  }
  const [one, twenty, many] = [await comeBack(1), await comeBack(20), await comeBack(200)]
  await write(topic, records(2000, 2040))
  await caughtUp(many.back, 2040)
  const told = [one, twenty, many].map(({ back, fetches: fetched, begun }) => `${back.length}: ${fetched} (${begun})`)
  process.stderr.write(`fetches from Kafka to read back, and read-backs, by clients: ${told.join(', ')}\n`)
  expect(one.begun).toBe(1)
  // Else their count would say little.
  expect(one.fetches).toBeGreaterThan(5)
  for (const { begun, read, fetches: fetched } of [twenty, many]) {
    // Those of a few clients, however many come back.
    expect(fetched).toBeLessThanOrEqual(3 * one.fetches)
    expect(begun).toBeLessThanOrEqual(3)
    expect(read).toBeLessThan(3 * 2040)
  }
})

test('a log that was cut says retention_passed, and a compacted topic compacted', async () => {
  const kafka = kafkaClient()
  const client = await admin()
  const compacted = `compacted-${randomUUID()}`
  await kafka.createTopic(compacted, { partitions: 1, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } })
  const cut = await newTopic(1)
  for (const [topic, reason] of [
    [cut, 'retention_passed'],
    [compacted, 'compacted'],
  ] as const) {
    const gate = await startWorker(`read-back-${randomUUID()}`, topic)
    const before = subscribe(gate, 'bus:0')
    await subscribed(before)
    const one = (n: number) => ({ key: '0', value: JSON.stringify({ parts: [{ n }] }), partition: 0 })
    await write(topic, [one(0)])
    await eventually(() => dataOf(before).length === 1)
    const position = positionOf(before)
    const live = subscribe(gate, 'bus:0')
    await write(topic, [one(1), one(2), one(3)])
    await eventually(() => dataOf(live).length === 3)
    await client.fetchTopicOffsets(topic)
    if (topic === cut) await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    const back = subscribe(gate, 'bus:0', position)
    await subscribed(back)
    expect(back.of('subscribed')[0]).toMatchObject({ recovered: false, reason })
    expect(dataOf(back)).toEqual([])
  }
  await client.deleteTopics({ topics: [compacted] })
})
