import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { DataError, RetriableError } from '#api'
import { eventually } from '../support/eventually.ts'
import { sinkHandle } from '../support/recording-connectors.ts'
import { testHerder } from '../support/test-herder.ts'
import { kafkaClient, newTopic, readAll, write } from '../support/topics.ts'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index))

function setUp(options: { flushIntervalMs?: number } = {}) {
  const name = `sink-${randomUUID()}`
  const { herder, log } = testHerder({ bootstrapServers: inject('kafka'), ...options })
  const handle = sinkHandle(name)
  const put = (config: Record<string, string>) =>
    herder.putConnector(name, { 'connector.class': 'RecordingSink', ...config }, { replace: true })
  const failed = () =>
    eventually(async () => (await herder.connectorState(name)).tasks.find(({ state }) => state === 'FAILED'))
  return { name, herder, handle, put, failed, log }
}

const committed = async (name: string, topic: string) => {
  const offsets = await kafkaClient().committed(`connect-${name}`, [topic])
  return Object.fromEntries(offsets.map(({ partition, offset }) => [partition, Number(offset)]))
}

test('delivers in order and commits what was put', async () => {
  const { name, handle, put } = setUp()
  const topic = await newTopic()
  await write(topic, numbers(1200))
  await put({ topics: topic })
  await eventually(() => handle.values.length >= 1200)
  expect(handle.values).toEqual(numbers(1200))
  await eventually(async () => (await committed(name, topic))[0] === 1200)
})

test('commits no more than what was flushed, and a new life continues there', async () => {
  const { name, herder, handle, put } = setUp()
  const topic = await newTopic()
  handle.onFlush = (offsets) => offsets.map((each) => ({ ...each, offset: each.offset < 7n ? each.offset : 7n }))
  await write(topic, numbers(20))
  await put({ topics: topic })
  await eventually(() => handle.values.length >= 20)
  await eventually(async () => (await committed(name, topic))[0] === 7)
  await herder.restartTask({ connector: name, task: 0 })
  await eventually(() => handle.values.length >= 33)
  expect(handle.values.slice(20)).toEqual(numbers(13, 7))
})

test('a flush that throws has what came after the last commit delivered again', async () => {
  const { handle, put } = setUp()
  const topic = await newTopic()
  let failures = 1
  handle.onFlush = () => {
    if (handle.values.length < 5 || failures-- <= 0) return undefined
    throw new Error('the disk is full')
  }
  await put({ topics: topic })
  await write(topic, numbers(5))
  await eventually(() => handle.values.length >= 10)
  expect(handle.values).toEqual([...numbers(5), ...numbers(5)])
})

test('a retriable put is given the same records again', async () => {
  const { handle, put } = setUp()
  const topic = await newTopic()
  let failures = 3
  handle.onPut = (records) => {
    if (records.length > 0 && failures-- > 0) throw new RetriableError('not yet')
  }
  await write(topic, numbers(4))
  await put({ topics: topic })
  await eventually(() => handle.values.length >= 4)
  expect(handle.values).toEqual(numbers(4))
})

test('tasks.max tasks share the partitions', async () => {
  const { handle, put } = setUp()
  const topic = await newTopic(4)
  await put({ topics: topic, 'tasks.max': '2' })
  await write(
    topic,
    numbers(400).map((value, index) => ({ value, partition: index % 4 })),
  )
  await eventually(() => new Set(handle.values).size === 400)
  expect(handle.tasks).toEqual(new Set([0, 1]))
})

test('pausing stops deliveries and resuming goes on where it was', async () => {
  const { name, herder, handle, put } = setUp()
  const topic = await newTopic()
  await put({ topics: topic })
  await write(topic, ['a'])
  await eventually(() => handle.values.length === 1)
  await herder.setTargetState(name, 'PAUSED')
  expect((await herder.taskState({ connector: name, task: 0 })).state).toBe('PAUSED')
  await eventually(async () => (await committed(name, topic))[0] === 1)
  await write(topic, ['b'])
  await herder.setTargetState(name, 'STARTED')
  await eventually(() => handle.values.length === 2)
  expect(handle.values).toEqual(['a', 'b'])
  await herder.setTargetState(name, 'STOPPED')
  expect(await herder.tasks(name)).toEqual([])
})

test('a poison record stops the task exactly there, with an error that says where and why', async () => {
  const { handle, put, failed, name, topic } = { ...setUp(), topic: await newTopic() }
  await write(topic, ['{"a":1}', '{"a":2}', 'not json', '{"a":3}'])
  await put({ topics: topic, 'value.converter': 'JsonConverter', 'value.converter.schemas.enable': 'false' })
  const { trace } = await failed()
  expect(trace).toContain(`${topic}-0@2`)
  expect(trace).toContain('VALUE_CONVERTER')
  expect(trace).toContain('Caused by')
  expect(handle.values).toEqual([{ a: 1 }, { a: 2 }])
  await eventually(async () => (await committed(name, topic))[0] === 2)
})

test('a tolerated poison record lands in the dead letter queue byte for byte, and the stream goes on', async () => {
  const { handle, put, name } = setUp()
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  const poison = Buffer.from([0xff, 0x00, 0xfe])
  await write(topic, ['{"a":1}', { key: 'k', value: poison }, '{"a":3}'])
  await put({
    topics: topic,
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': dlq,
    'errors.deadletterqueue.topic.replication.factor': '1',
    'errors.deadletterqueue.context.headers.enable': 'true',
  })
  await eventually(() => handle.values.length === 2)
  const [letter] = await readAll(dlq, 1)
  expect(letter?.value).toEqual(poison)
  expect(letter?.key?.toString()).toBe('k')
  const headers = Object.fromEntries(letter?.headers.map(({ key, value }) => [key, String(value)]) ?? [])
  expect(headers).toMatchObject({
    '__connect.errors.topic': topic,
    '__connect.errors.partition': '0',
    '__connect.errors.offset': '1',
    '__connect.errors.connector.name': name,
    '__connect.errors.task.id': '0',
    '__connect.errors.stage': 'VALUE_CONVERTER',
  })
  expect(headers['__connect.errors.exception.message']).toBeTruthy()
  await eventually(async () => (await committed(name, topic))[0] === 3)
})

test('a put that throws anything else fails the task and commits nothing of it', async () => {
  const { handle, put, failed, name } = setUp()
  const topic = await newTopic()
  handle.onPut = (records) => {
    if (records.some(({ value }) => value === '2')) throw new DataError('I cannot take this')
  }
  await write(topic, numbers(3))
  await put({ topics: topic })
  expect((await failed()).trace).toContain('I cannot take this')
  expect(await committed(name, topic)).toEqual({})
})

test('a topic that does not exist yet is told in the status, and read once it exists', async () => {
  const { name, herder, handle, put } = setUp()
  const topic = `test.${randomUUID()}`
  await put({ topics: topic })
  const waiting = await eventually(
    async () => (await herder.taskState({ connector: name, task: 0 })).facts?.['waiting'],
  )
  expect(waiting).toContain(topic)
  await kafkaClient().createTopic(topic, { partitions: 1, replicationFactor: 1 })
  await write(topic, ['first'])
  await eventually(() => handle.values.length === 1)
})

test('topics.regex reads every topic whose whole name matches', async () => {
  const { handle, put } = setUp()
  const prefix = `regex-${randomUUID()}`
  const kafka = kafkaClient()
  for (const name of [`${prefix}.a`, `${prefix}.b`, `x.${prefix}.a`]) {
    await kafka.createTopic(name, { partitions: 1, replicationFactor: 1 })
    await write(name, [name])
  }
  await put({ 'topics.regex': `${prefix}\\.[ab]` })
  await eventually(() => handle.values.length >= 2)
  expect(handle.values.map(String).toSorted()).toEqual([`${prefix}.a`, `${prefix}.b`])
})

test('transformations make one record many, none or other', async () => {
  const { handle, put } = setUp()
  const topic = await newTopic()
  await write(topic, ['[{"id":"a","x":1},{"id":"b","x":2}]', '[]', '[{"id":"c","x":3}]'])
  await put({
    topics: topic,
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    transforms: 'split,project',
    'transforms.split.type': 'Split',
    'transforms.project.type': 'Project',
    'transforms.project.fields': '{"id":"id"}',
  })
  await eventually(() => handle.values.length >= 3)
  expect(handle.values).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  expect(handle.records.map(({ path }) => path)).toEqual([[0], [1], [0]])
})

test('a reader of every worker reads back its window without reporting old failures again', async () => {
  const { name, herder, handle, put } = setUp()
  const topic = await newTopic()
  const dlq = `dlq-${randomUUID()}`
  await write(topic, ['{"a":1}', 'poison', '{"a":2}'])
  await put({
    'connector.class': 'RecordingReader',
    topics: topic,
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    'errors.tolerance': 'all',
    'errors.deadletterqueue.topic.name': dlq,
    'errors.deadletterqueue.topic.replication.factor': '1',
  })
  await eventually(() => handle.caughtUp === 1)
  await eventually(async () => (await committed(name, topic))[0] === 3)
  await herder.restartTask({ connector: name, task: 0 })
  await eventually(() => handle.caughtUp === 2)
  expect(handle.values).toEqual([{ a: 1 }, { a: 2 }, { a: 1 }, { a: 2 }])
  await write(topic, ['poison too'])
  await eventually(async () => (await committed(name, topic))[0] === 4)
  expect((await readAll(dlq, 2)).map(({ value }) => String(value))).toEqual(['poison', 'poison too'])
})

test('a report that is not tolerated fails the task even when the task swallows it, and nothing of it is committed', async () => {
  const { name, handle, put, failed } = setUp()
  const topic = await newTopic()
  handle.onPut = (records, context) => {
    for (const record of records) {
      if (record.value === '1') context.reportErrant(record, new DataError('undeliverable')).catch(() => undefined)
    }
  }
  await write(topic, numbers(3))
  await put({ topics: topic })
  expect((await failed()).trace).toContain('undeliverable')
  expect(await committed(name, topic)).toEqual({})
})

test('what was not flushed when the group rebalances in the middle of a retried put comes again', async () => {
  const { handle, put } = setUp()
  const topic = await newTopic(2)
  let refuse = true
  handle.onPut = (records) => {
    if (refuse && records.length > 0) throw new RetriableError('not yet')
  }
  await put({ topics: topic })
  await write(
    topic,
    numbers(100).map((value, index) => ({ value, partition: index % 2 })),
  )
  await eventually(() => handle.puts > 0)
  // A second task joins the group while the first has its records in hand.
  const second = kafkaClient().groupConsumer({
    groupId: `connect-${handle.name}`,
    clientId: 'second',
    topics: [topic],
    maxPollRecords: 10,
    onUpstream() {},
    onMissing() {},
    committable: () => [],
  })
  await eventually(async () => (await second.poll(100, new AbortController().signal)).assigned.length > 0)
  await second.close()
  refuse = false
  await eventually(() => new Set(handle.values).size === 100, { timeoutMs: 40_000 })
  expect(new Set(handle.values)).toEqual(new Set(numbers(100)))
})

test('a paused connector is given nothing more, and all of it afterwards', async () => {
  const { name, herder, handle, put } = setUp()
  const topic = await newTopic()
  await write(topic, numbers(6000))
  handle.onPut = async (records) => {
    if (records.length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await put({ topics: topic })
  await eventually(() => handle.values.length > 0)
  await herder.setTargetState(name, 'PAUSED')
  // The batch in hand is still taken; the commit at the pause tells that it was.
  const taken = await eventually(async () => {
    const before = handle.values.length
    const isCommitted = (await committed(name, topic))[0] === before
    // Asking took longer than a batch takes: had it gone on, there were more by now.
    return isCommitted && handle.values.length === before && before
  })
  expect(taken).toBeLessThan(6000)
  await write(topic, ['late'])
  expect(handle.values).toHaveLength(taken)
  await herder.setTargetState(name, 'STARTED')
  await eventually(() => handle.values.length >= 6001)
  expect(handle.values).toEqual([...numbers(6000), 'late'])
})

test('a reader of every worker reads the topics that are there, and those that come later', async () => {
  const { handle, put } = setUp()
  const prefix = `later-${randomUUID()}`
  const kafka = kafkaClient()
  await kafka.createTopic(`${prefix}.a`, { partitions: 1, replicationFactor: 1 })
  await put({ 'connector.class': 'RecordingReader', topics: `${prefix}.a,${prefix}.b` })
  await write(`${prefix}.a`, ['a0'])
  await eventually(() => handle.values.length === 1)
  await kafka.createTopic(`${prefix}.b`, { partitions: 1, replicationFactor: 1 })
  await write(`${prefix}.b`, ['b0'])
  await eventually(() => handle.values.length === 2)
  expect(handle.values).toEqual(['a0', 'b0'])
})

test('a new topic that matches topics.regex has nothing of the others delivered again', async () => {
  const { handle, put } = setUp({ flushIntervalMs: 600_000 })
  const prefix = `regex-${randomUUID()}`
  const kafka = kafkaClient()
  const make = async (topic: string) => {
    await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
    await write(topic, [topic])
  }
  await make(`${prefix}.a`)
  await put({ 'topics.regex': `${prefix}\\..*`, 'consumer.override.metadata.max.age.ms': '200' })
  await eventually(() => handle.values.length === 1)
  await make(`${prefix}.b`)
  await eventually(() => handle.values.includes(`${prefix}.b`))
  expect(handle.values.map(String).toSorted()).toEqual([`${prefix}.a`, `${prefix}.b`])
})
