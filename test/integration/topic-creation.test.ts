import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { expect, inject, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { sourceHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'

async function admin() {
  const client = new kafkajs.Kafka({ brokers: [inject('kafka')], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await client.connect()
  onTestFinished(() => client.disconnect())
  return client
}

async function topicFacts(topic: string) {
  const client = await admin()
  const { topics } = await client.fetchTopicMetadata({ topics: [topic] })
  const { resources } = await client.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  })
  const configs = Object.fromEntries(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
  )
  return { partitions: topics[0]?.partitions.length, configs }
}

function setUp() {
  const name = `creation-${randomUUID()}`
  const topic = `made.${randomUUID()}`
  const { herder } = testHerder({ bootstrapServers: inject('kafka') })
  const put = (config: Record<string, string>) =>
    herder.putConnector(name, { 'connector.class': 'CountingSource', count: '3', topic, ...config }, { replace: false })
  return { name, topic, herder, put, handle: sourceHandle(name) }
}

test('a topic that does not exist is made as the first group that matches says', async () => {
  const { topic, put, handle, herder, name } = setUp()
  await put({
    'topic.creation.groups': 'other,made',
    'topic.creation.other.include': 'x.*',
    'topic.creation.made.include': 'made\\..*',
    'topic.creation.made.partitions': '3',
    'topic.creation.made.retention.ms': '123456',
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
  })
  await eventually(() => handle.acknowledged.length === 3)
  const { partitions, configs } = await topicFacts(topic)
  expect(partitions).toBe(3)
  expect(configs['retention.ms']).toBe('123456')
  expect(await herder.topics(name)).toEqual([topic])
})

test('a topic that exists is left as it is', async () => {
  const { topic, put, handle } = setUp()
  await (await admin()).createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] })
  await put({ 'topic.creation.default.partitions': '5', 'topic.creation.default.replication.factor': '1' })
  await eventually(() => handle.acknowledged.length === 3)
  expect((await topicFacts(topic)).partitions).toBe(2)
})

test('without the default group’s keys the connector or its tasks fail at the start, with the missing keys', async () => {
  const { name, herder, put } = setUp()
  await put({ 'topic.creation.groups': 'a' }).catch(() => undefined)
  const trace = await eventually(async () => {
    const { connector, tasks } = await herder.connectorState(name)
    return [connector, ...tasks].find(({ state }) => state === 'FAILED')?.trace
  })
  expect(trace).toContain(
    'Missing required configuration "topic.creation.default.partitions" which has no default value.',
  )
})

test('a topic that cannot be made fails the task whatever is tolerated', async () => {
  const { name, herder, put, topic } = setUp()
  await put({
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '7',
    'errors.tolerance': 'all',
  })
  const task = await eventually(async () =>
    (await herder.connectorState(name)).tasks.find(({ state }) => state === 'FAILED'),
  )
  expect(task.trace).toContain(`Task failed to create new topic ${topic}`)
})
