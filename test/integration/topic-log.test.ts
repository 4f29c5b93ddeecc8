import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import type { KafkaClient } from '../../src/kafka/index.ts'
import { eventually } from '../support/eventually.ts'
import { kafkaClient, newTopic, write } from '../support/topics.ts'

const record = (topic: string, value: string) => ({ topic, key: null, value: Buffer.from(value), headers: [] })

async function follow(kafka: KafkaClient, topic: string, props = {}) {
  const values: string[] = []
  const log = await kafka.topicLog({
    topic,
    clientId: 'topic-log-test',
    props,
    onRecord: ({ value }) => values.push(String(value)),
  })
  onTestFinished(() => log.close())
  return { log, values }
}

async function admin() {
  const client = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).admin()
  await client.connect()
  onTestFinished(() => client.disconnect())
  return client
}

test('all that a topic held was handed over when it is open, in the order of each partition', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(3, kafka)
  const all = Array.from({ length: 3000 }, (_, index) => ({ value: String(index), partition: index % 3 }))
  await write(topic, all, kafka)
  const { values } = await follow(kafka, topic)
  expect(values).toHaveLength(3000)
  for (const rest of [0, 1, 2]) {
    const own = values.map(Number).filter((value) => value % 3 === rest)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
})

test('what is written later comes by itself, and reading to the end waits for it and no longer', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(2, kafka)
  const { log, values } = await follow(kafka, topic)
  for (let round = 0; round < 10; round++) {
    await write(
      topic,
      [
        { value: `a${round}`, partition: 0 },
        { value: `b${round}`, partition: 1 },
      ],
      kafka,
    )
    const began = performance.now()
    await log.readToEnd()
    expect(values).toHaveLength(2 * (round + 1))
    // A long poll lasts 5 s.
    expect(performance.now() - began).toBeLessThan(2000)
  }
})

test('who reads committed records waits for the transactions that were open, and a commit ends the long poll', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const { log, values } = await follow(kafka, topic, { 'isolation.level': 'read_committed' })
  const producer = await kafka.transactionalProducer({ clientId: 'topic-log-test', transactionalId: randomUUID() })
  onTestFinished(() => producer.close())
  const began = performance.now()
  for (const value of ['a', 'b', 'c']) {
    const transaction = await producer.begin()
    await transaction.send([record(topic, value)])
    const reading = log.readToEnd().then(() => values.at(-1))
    await expect(log.readToEnd(AbortSignal.timeout(50))).rejects.toThrow(/not read to its end in time: .* transaction/)
    await transaction.commit()
    expect(await reading).toBe(value)
  }
  expect(performance.now() - began).toBeLessThan(3000)
})

test('an open transaction holds up no opening, and hides nothing from who reads uncommitted records', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const producer = await kafka.transactionalProducer({ clientId: 'topic-log-test', transactionalId: randomUUID() })
  onTestFinished(() => producer.close())
  await write(topic, ['before'], kafka)
  const transaction = await producer.begin()
  await transaction.send([record(topic, 'open')])
  await write(topic, Array<string>(3000).fill('x'.repeat(500)), kafka)
  expect((await follow(kafka, topic, { 'isolation.level': 'read_committed' })).values).toEqual(['before'])
  expect((await follow(kafka, topic)).values).toHaveLength(3002)
  expect(await kafka.timestampAt({ topic, partition: 0 }, 3001n)).toBeTypeOf('number')
  await transaction.abort()
})

test('a group that has committed beyond an open transaction goes on there', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const producer = await kafka.transactionalProducer({ clientId: 'topic-log-test', transactionalId: randomUUID() })
  onTestFinished(() => producer.close())
  const transaction = await producer.begin()
  await transaction.send([record(topic, 'open')])
  await write(topic, ['a', 'b'], kafka)
  const groupId = randomUUID()
  await kafka.alterOffsets(groupId, [{ topic, partition: 0, offset: 3n }])
  const consumer = kafka.groupConsumer({
    groupId,
    clientId: 'topic-log-test',
    topics: [topic],
    maxPollRecords: 10,
    props: { 'auto.offset.reset': 'earliest' },
    committable: () => [],
    onUpstream: () => undefined,
    onMissing: () => undefined,
  })
  onTestFinished(() => consumer.close())
  const { signal } = new AbortController()
  const assigned = await eventually(async () => (await consumer.poll(1000, signal)).assigned[0])
  expect(assigned.offset).toBe(3n)
  await transaction.abort()
})

test('partitions that were added are read before the end is reached', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const { log, values } = await follow(kafka, topic)
  await (await admin()).createPartitions({ topicPartitions: [{ topic, count: 2 }] })
  await eventually(() => write(topic, [{ value: 'new', partition: 1 }], kafka).then(() => true))
  await log.readToEnd(AbortSignal.timeout(15_000))
  expect(values).toEqual(['new'])
})

test('a topic that does not exist is an error', async () => {
  await expect(follow(kafkaClient(), `none-${randomUUID()}`)).rejects.toThrow('There is no topic none-')
})

test('a log that was cut off is read on from where it begins now', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  await write(topic, ['a', 'b', 'c'], kafka)
  const client = await admin()
  await client.fetchTopicMetadata({ topics: [topic] })
  await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
  const { log, values } = await follow(kafka, topic)
  expect(values).toEqual(['c'])
  await write(topic, ['d'], kafka)
  await log.readToEnd()
  expect(values).toEqual(['c', 'd'])
})

test('no group is left behind, and a closed log answers nobody', async () => {
  const kafka = kafkaClient()
  const client = await admin()
  const groups = async () => (await client.listGroups()).groups.map(({ groupId }) => groupId).toSorted()
  const before = await groups()
  const topic = await newTopic(1, kafka)
  const { log } = await follow(kafka, topic)
  const fresh = (await groups()).filter((group) => !before.includes(group) && group.includes(topic))
  expect(fresh).toEqual([])
  await log.close()
  await expect(log.readToEnd()).rejects.toThrow('is not read any more')
})

test('topicInfo tells partitions and configuration, and undefined of no topic', async () => {
  const kafka = kafkaClient()
  const topic = `info.${randomUUID()}`
  await kafka.createTopic(topic, { partitions: 4, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } })
  const info = await kafka.topicInfo(topic)
  expect(info?.partitions).toBe(4)
  expect(info?.configs['cleanup.policy']).toBe('compact')
  expect(await kafka.topicInfo(`${topic}.none`)).toBeUndefined()
})
