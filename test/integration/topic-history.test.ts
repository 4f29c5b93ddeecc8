import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { RetriableError } from '#api'
import type { KafkaClient, TopicHistory } from '../../src/kafka/index.ts'
import { testPast } from '../conformance/past.ts'
import { eventually } from '../support/eventually.ts'
import { recordingPort } from '../support/recording-port.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, write } from '../support/topics.ts'

const anId = expect.any(String) as unknown

function historyOf(kafka: KafkaClient, topic: string, props = {}): TopicHistory {
  const history = kafka.topicHistory({ topics: [topic], clientId: 'history-test', props, maxPollRecords: 100 })
  onTestFinished(() => history.close())
  return history
}

async function admin() {
  const client = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin()
  await client.connect()
  onTestFinished(() => client.disconnect())
  return client
}

async function valuesOf(history: TopicHistory, topic: string, from: number, to: number, partition = 0) {
  const values: string[] = []
  let reached = -1n
  const range = { topic, partition, from: BigInt(from), to: BigInt(to) }
  for await (const { batch } of history.read([range], new AbortController().signal)) {
    for (const { value } of batch.records) values.push(String(value))
    reached = batch.nextOffset
  }
  return { values, reached: Number(reached) }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => String(from + index))

test('ranges of several partitions come whole, in the order of each, and nothing beside them', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(2, kafka)
  await write(
    topic,
    numbers(0, 2000).map((value, index) => ({ value, partition: index % 2 })),
    kafka,
  )
  const history = historyOf(kafka, topic)
  const seen: string[][] = [[], []]
  const ranges = [
    { topic, partition: 0, from: 10n, to: 400n },
    { topic, partition: 1, from: 0n, to: 1000n },
  ]
  for await (const { batch, bytes } of history.read(ranges, new AbortController().signal)) {
    expect(batch.records.length).toBeLessThanOrEqual(100)
    expect(bytes).toBeGreaterThanOrEqual(0)
    seen[batch.partition]?.push(...batch.records.map(({ value }) => String(value)))
  }
  expect(seen[0]).toEqual(numbers(0, 2000).filter((_, index) => index % 2 === 0 && index >= 20 && index < 800))
  expect(seen[1]).toEqual(numbers(0, 2000).filter((_, index) => index % 2 === 1))
  const bounds = await history.bounds()
  expect(bounds.toSorted((a, b) => a.partition - b.partition)).toEqual(
    [0, 1].map((partition) => ({ topic, partition, low: 0n, high: 1000n, isCompacted: false, topicId: anId })),
  )
})

test('what lies below the beginning of the log is refused and never passed over', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  await write(topic, numbers(0, 50), kafka)
  const client = await admin()
  await client.fetchTopicOffsets(topic)
  await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '20' }] })
  const history = historyOf(kafka, topic)
  expect((await history.bounds())[0]).toMatchObject({ low: 20n, high: 50n })
  const refused = await valuesOf(history, topic, 10, 50).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(RetriableError)
  expect(refused).toMatchObject({ message: expect.stringContaining('not whole'), context: { reason: 'cut' } })
  expect((await valuesOf(history, topic, 20, 50)).values).toEqual(numbers(20, 50))
})

test('aborted and open transactions are left out, and a range that ends on a mark ends', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const producer = await kafka.transactionalProducer({ clientId: 'history-test', transactionalId: randomUUID() })
  onTestFinished(() => producer.close())
  await producer.open()
  const record = (value: string) => ({ topic, key: null, value: Buffer.from(value), headers: [] })
  for (const [value, commits] of [
    ['a', true],
    ['b', false],
    ['c', true],
  ] as const) {
    const transaction = await producer.begin()
    await transaction.send([record(value)])
    await (commits ? transaction.commit() : transaction.abort())
  }
  const history = historyOf(kafka, topic, { 'isolation.level': 'read_committed' })
  const [bounds] = await history.bounds()
  const high = Number(bounds?.high)
  expect(high).toBe(6)
  expect(await valuesOf(history, topic, 0, high)).toEqual({ values: ['a', 'c'], reached: high })
  expect(await valuesOf(history, topic, 1, 4)).toEqual({ values: [], reached: 4 })
  const all = await valuesOf(historyOf(kafka, topic, { 'isolation.level': 'read_uncommitted' }), topic, 0, high)
  expect(all.values).toEqual(['a', 'b', 'c'])
})

test('a compacted topic is known for it, and a time finds its offset', async () => {
  const kafka = kafkaClient()
  const topic = `compacted-${randomUUID()}`
  await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } })
  onTestFinished(async () => void (await admin()).deleteTopics({ topics: [topic] }))
  const producer = await kafka.producer({ clientId: 'history-test' })
  onTestFinished(() => producer.close())
  const at = (timestamp: number) => ({ topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: [], timestamp })
  const now = Date.now()
  await producer.send([at(now - 3000), at(now - 2000), at(now - 1000)])
  const history = historyOf(kafka, topic)
  expect(await history.bounds()).toEqual([{ topic, partition: 0, low: 0n, high: 3n, isCompacted: true, topicId: anId }])
  expect(await history.offsetsAt(now - 2500)).toEqual([{ topic, partition: 0, offset: 1n }])
  expect(await history.offsetsAt(now)).toEqual([{ topic, partition: 0, offset: 3n }])
})

/** What a sink attaches that runs on a worker. */
testPast('the topics of a sink', async ({ partitions, isCompacted = false }) => {
  const kafka = kafkaClient()
  const topic = `past-${randomUUID()}`
  const configs = isCompacted ? { 'cleanup.policy': 'compact' } : {}
  await kafka.createTopic(topic, { partitions, replicationFactor: 1, configs })
  const gate = recordingPort()
  const { herder } = testHerder({ bootstrapServers: inject('kafka'), gateway: gate.port })
  await herder.putConnector(
    topic,
    {
      'connector.class': 'WebSocketServerSink',
      topics: topic,
      channel: 'bus:1',
      'value.converter': 'JsonConverter',
      'value.converter.schemas.enable': 'false',
    },
    { replace: false },
  )
  const past = await eventually(() => gate.sinks[0]?.attachment.past)
  const producer = await kafka.producer({ clientId: 'history-test' })
  onTestFinished(() => producer.close())
  const record = (partition: number, number: number, timestamp?: number) => ({
    topic,
    partition,
    key: Buffer.from('k'),
    value: Buffer.from(String(number)),
    headers: [],
    timestamp,
  })
  const endOf = async (partition: number) => (await past.bounds()).find((each) => each.partition === partition)?.high
  return {
    past,
    topic,
    async append(partition, values, at) {
      await producer.send(values.map((number) => record(partition, number, at)))
    },
    async appendGap(partition) {
      const end = await endOf(partition)
      const transactional = await kafka.transactionalProducer({
        clientId: 'history-test',
        transactionalId: randomUUID(),
      })
      onTestFinished(() => transactional.close())
      await transactional.open()
      const transaction = await transactional.begin()
      await transaction.send([record(partition, -1)])
      await transaction.abort()
      // Kafka marks its end a moment later.
      await eventually(async () => (await endOf(partition)) === (end ?? 0n) + 2n)
    },
    async cut(partition, offset) {
      const client = await admin()
      // It knows no leader before it has asked about the topic.
      await client.fetchTopicOffsets(topic)
      await client.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    },
  }
})
