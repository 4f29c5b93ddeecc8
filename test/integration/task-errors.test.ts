import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { DataError } from '#api'
import { eventually } from '../support/eventually.ts'
import { sinkHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'

const json = { 'value.converter': 'JsonConverter', 'value.converter.schemas.enable': 'false' }

function setUp(options: { workerProps?: Record<string, string> } = {}) {
  const name = `errors-${randomUUID()}`
  const { herder, log } = testHerder({ bootstrapServers: inject('kafka'), ...options })
  const put = (config: Record<string, string>) =>
    herder.putConnector(name, { 'connector.class': 'RecordingSink', ...config }, { replace: true })
  const failed = () =>
    eventually(async () => (await herder.connectorState(name)).tasks.find(({ state }) => state === 'FAILED'))
  return { name, herder, log, put, failed, handle: sinkHandle(name) }
}

const queue = (dlq: string) => ({
  'errors.deadletterqueue.topic.name': dlq,
  'errors.deadletterqueue.topic.replication.factor': '1',
  'errors.deadletterqueue.context.headers.enable': 'true',
})

const headersOf = (letter: Awaited<ReturnType<typeof readAll>>[number] | undefined) =>
  Object.fromEntries(letter?.headers.map(({ key, value }) => [key, value === null ? null : String(value)]) ?? [])

test('a dead letter tells in Kafka Connect’s headers what failed, and is written even when nothing is tolerated', async () => {
  const { name, put, failed } = setUp()
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  await write(topic, ['{"a":1}', 'not json'])
  await put({ topics: topic, ...json, ...queue(dlq) })
  const { trace } = await failed()
  expect(trace).toContain('Tolerance exceeded in error handler')
  const [letter] = await readAll(dlq, 1)
  expect(String(letter?.value)).toBe('not json')
  const headers = headersOf(letter)
  expect(headers).toMatchObject({
    '__connect.errors.topic': topic,
    '__connect.errors.partition': '0',
    '__connect.errors.offset': '1',
    '__connect.errors.connector.name': name,
    '__connect.errors.task.id': '0',
    '__connect.errors.stage': 'VALUE_CONVERTER',
    '__connect.errors.class.name': 'org.apache.kafka.connect.json.JsonConverter',
    '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
  })
  expect(headers['__connect.errors.exception.stacktrace']).toContain(headers['__connect.errors.exception.message'])
})

test('a reported record is a dead letter of the stage TASK_PUT, a transformed one of its transformation’s class', async () => {
  const { put, handle } = setUp()
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  handle.onPut = async (records, context) => {
    for (const record of records) await context.reportErrant(record, new DataError('nobody wants it'))
  }
  await write(topic, ['{"a":1}', '"text"'])
  await put({
    topics: topic,
    ...json,
    ...queue(dlq),
    'errors.tolerance': 'all',
    transforms: 'take',
    'transforms.take.type': 'ExtractField',
    'transforms.take.field': 'a',
  })
  const letters = (await readAll(dlq, 2)).map(headersOf)
  expect(
    letters.map((each) => `${each['__connect.errors.stage']} ${each['__connect.errors.class.name']}`).toSorted(),
  ).toEqual([
    'TASK_PUT org.apache.kafka.connect.sink.SinkTask',
    'TRANSFORMATION org.apache.kafka.connect.transforms.ExtractField$Value',
  ])
})

test('a queue that cannot be made fails the task, and says why', async () => {
  const { put, failed } = setUp()
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  await put({ topics: topic, ...queue(dlq), 'errors.deadletterqueue.topic.replication.factor': '3' })
  expect((await failed()).trace).toContain(`Could not initialize dead letter queue with topic=${dlq}`)
})

test.each([
  ['true', ', where consumed record is {', '7 bytes of text: 73 65 63 72 65 74 3f |secret?|)'],
  ['false', '', '7 bytes of text)'],
])(
  'the error log has Kafka Connect’s line, and a poison record’s bytes are shown only when messages may be: %s',
  async (include, where, look) => {
    const { name, put, failed, log } = setUp()
    const topic = await newTopic()
    await write(topic, ['secret?'])
    await put({ topics: topic, ...json, 'errors.log.enable': 'true', 'errors.log.include.messages': include })
    const { trace } = await failed()
    const line = log.lines.find(({ message }) => message.startsWith('Error encountered in task'))?.message
    const start = `Error encountered in task ${name}-0. Executing stage 'VALUE_CONVERTER' with class 'org.apache.kafka.connect.json.JsonConverter'${where}`
    expect(line?.replace(/\{.*\}/, '{')).toBe(`${start}.`)
    expect(trace).toContain(`failed for ${topic}-0@0`)
    expect(trace).toContain(`value: ${look}`)
  },
)

test('headers reach the task with the types of their text', async () => {
  const { put, handle } = setUp()
  const topic = await newTopic()
  const producer = await kafkaClient().producer({ clientId: 'test' })
  const headers = [
    { key: 'n', value: Buffer.from('300') },
    { key: 'none', value: null },
  ]
  await producer.send([{ topic, key: null, value: Buffer.from('v'), headers }])
  await producer.close()
  await put({ topics: topic })
  await eventually(() => handle.records.length === 1)
  expect(handle.records[0]?.headers.map(({ key, value }) => [key, value])).toEqual([
    ['n', 300],
    // A null is written as no bytes.
    ['none', ''],
  ])
})

test('the topics that a sink has read are recorded, also where a transformation drops all', async () => {
  const { name, herder, put } = setUp()
  const topic = await newTopic()
  await write(topic, ['a'])
  await put({ topics: topic, transforms: 'drop', 'transforms.drop.type': 'Filter' })
  await eventually(async () => (await herder.topics(name)).length > 0)
  expect(await herder.topics(name)).toEqual([topic])
})

test('consumer.override.group.id names the group, and max.poll.records the most of a batch', async () => {
  const { put, handle } = setUp({ workerProps: { 'consumer.max.poll.records': '3' } })
  const topic = await newTopic()
  const group = `mine-${randomUUID()}`
  let most = 0
  handle.onPut = (records) => {
    most = Math.max(most, records.length)
  }
  await write(
    topic,
    Array.from({ length: 20 }, (_, index) => String(index)),
  )
  await put({ topics: topic, 'consumer.override.group.id': group })
  await eventually(() => handle.values.length === 20)
  expect(most).toBe(3)
  const committed = () => kafkaClient().committed(group, [topic])
  await eventually(async () => (await committed())[0]?.offset === 20n)
})

test('an override that the policy of the worker forbids fails the connector or its task', async () => {
  const { put } = setUp({ workerProps: { 'connector.client.config.override.policy': 'None' } })
  const topic = await newTopic()
  await expect(put({ topics: topic, 'consumer.override.max.poll.records': '3' })).rejects.toThrow(
    "The 'None' policy does not allow 'max.poll.records' to be overridden in the connector configuration.",
  )
})
