import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import type { RecordConsumer } from '../../src/kafka/index.ts'
import { eventually } from '../support/eventually.ts'
import { kafkaClient, newTopic, write } from '../support/topics.ts'

const signal = new AbortController().signal
const newGroup = () => `offsets-${randomUUID()}`

const options = (topics: readonly (string | RegExp)[], groupId = newGroup(), props = {}) => ({
  groupId,
  clientId: 'offsets',
  topics,
  props,
  maxPollRecords: 100,
  committable: () => [],
  onUpstream() {},
  onMissing() {},
})

async function read(consumer: RecordConsumer, count: number): Promise<readonly string[]> {
  const values: string[] = []
  await eventually(async () => {
    const { batches } = await consumer.poll(200, signal)
    values.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))))
    return values.length >= count
  })
  return values
}

test('offsets of a group are set and forgotten, and a member begins there', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(2, kafka)
  await write(
    topic,
    ['a', 'b', 'c'].map((value) => ({ value, partition: 0 })),
    kafka,
  )
  const groupId = newGroup()
  await kafka.alterOffsets(groupId, [
    { topic, partition: 0, offset: 2n },
    { topic, partition: 1, offset: 0n },
  ])
  await kafka.alterOffsets(groupId, [{ topic, partition: 1, offset: null }])
  expect(await kafka.committed(groupId, [topic])).toEqual([{ topic, partition: 0, offset: 2n }])
  const member = kafka.groupConsumer(options([topic], groupId))
  onTestFinished(() => member.close())
  expect(await read(member, 1)).toEqual(['c'])
})

test('offsets that cannot be are refused all at once, and nothing is changed', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  const groupId = newGroup()
  const change = kafka.alterOffsets(groupId, [
    { topic: 'no-such-topic', partition: 0, offset: 1n },
    { topic, partition: 7, offset: 1n },
    { topic, partition: 0, offset: -1n },
  ])
  await expect(change).rejects.toMatchObject({
    status: 400,
    context: {
      errors: [
        'topic no-such-topic does not exist',
        `topic ${topic} has no partition 7`,
        `offset -1 of ${topic}-0 is negative`,
      ],
    },
  })
  expect(await kafka.committed(groupId, [topic])).toEqual([])
})

test('a group with members keeps its offsets and itself; without them it is deleted, also twice', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  await write(topic, ['a'], kafka)
  const groupId = newGroup()
  const member = kafka.groupConsumer(options([topic], groupId))
  try {
    await read(member, 1)
    const altered = kafka.alterOffsets(groupId, [{ topic, partition: 0, offset: 0n }])
    await expect(altered).rejects.toMatchObject({ status: 409, message: expect.stringContaining('has 1 member') })
    await expect(kafka.deleteGroup(groupId)).rejects.toMatchObject({ status: 409 })
    await member.commit([{ topic, partition: 0, offset: 1n }])
  } finally {
    await member.close()
  }
  await kafka.deleteGroup(groupId)
  expect(await kafka.committed(groupId, [topic])).toEqual([])
  await kafka.deleteGroup(groupId)
})

test('the newest records come from all partitions by time, and no group is left behind', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(3, kafka)
  for (const [index, value] of ['a', 'b', 'c', 'd', 'e'].entries())
    await write(topic, [{ value, partition: index % 3 }], kafka)
  const newest = await kafka.newest([topic], 3, signal)
  expect(newest.map(({ value }) => String(value))).toEqual(['c', 'd', 'e'])
  expect(await kafka.newest([topic], 100, signal)).toHaveLength(5)
  expect(await kafka.newest(['no-such-topic'], 5, signal)).toEqual([])
})

test('a topic is made with its configuration and the broker’s own numbers', async () => {
  const kafka = kafkaClient()
  const topic = `offsets.${randomUUID()}`
  await kafka.createTopic(topic, { partitions: -1, replicationFactor: -1, configs: { 'retention.ms': '12345' } })
  expect(await kafka.topicExists(topic)).toBe(true)
  const wrong = { partitions: 1, replicationFactor: 1, configs: { 'retention.ms': 'soon' } }
  await expect(kafka.createTopic(`${topic}.wrong`, wrong)).rejects.toThrow(
    /Topic offsets\..*\.wrong \(partitions 1, replication factor 1, retention\.ms soon\) could not be created: /,
  )
})

test.each(['a group', 'a log reader'])(
  '%s follows new topics of an expression as often as metadata.max.age.ms says',
  async (kind) => {
    const kafka = kafkaClient()
    const prefix = `follow.${randomUUID()}`
    const props = { 'metadata.max.age.ms': '200' }
    const first = `${prefix}.1`
    await kafka.createTopic(first, { partitions: 1, replicationFactor: 1 })
    await write(first, ['a'], kafka)
    const wanted = options([new RegExp(`^${prefix}\\..*$`)], newGroup(), props)
    const consumer = kind === 'a group' ? kafka.groupConsumer(wanted) : await kafka.logReader({ ...wanted, warmMs: -1 })
    onTestFinished(() => consumer.close())
    expect(await read(consumer, 1)).toEqual(['a'])
    const second = `${prefix}.2`
    await kafka.createTopic(second, { partitions: 1, replicationFactor: 1 })
    await write(second, ['b'], kafka)
    expect(await read(consumer, 1)).toContain('b')
  },
)

test('auto.offset.reset decides where a group without offsets begins', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  await write(topic, ['old'], kafka)
  const latest = kafka.groupConsumer(options([topic], newGroup(), { 'auto.offset.reset': 'latest' }))
  onTestFinished(() => latest.close())
  await eventually(async () => (await latest.poll(200, signal)).assigned.length > 0)
  // The position of a new group is taken by its first fetch, some moments after the assignment.
  let next = 0
  const seen = await eventually(async () => {
    await write(topic, [`new ${next++}`], kafka)
    const { batches } = await latest.poll(200, signal)
    const values = batches.flatMap(({ records }) => records.map(({ value }) => String(value)))
    return values.length > 0 && values
  })
  expect(seen).not.toContain('old')
  const none = kafka.groupConsumer(options([topic], newGroup(), { 'auto.offset.reset': 'none' }))
  onTestFinished(() => none.close())
  const failing = eventually(async () => (await none.poll(200, signal)).batches.length > 0 && undefined, {
    timeoutMs: 5000,
  })
  await expect(failing).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/has no committed offset for .*-0, and auto\.offset\.reset=none/) },
  })
})

test('a batch says where its partition ends, so that lag can be told', async () => {
  const kafka = kafkaClient()
  const topic = await newTopic(1, kafka)
  await write(topic, ['a', 'b', 'c'], kafka)
  for (const consumer of [
    kafka.groupConsumer(options([topic])),
    await kafka.logReader({ ...options([topic]), warmMs: -1 }),
  ]) {
    onTestFinished(() => consumer.close())
    const batch = await eventually(async () => (await consumer.poll(200, signal)).batches[0])
    expect(batch.highWatermark).toBe(3n)
  }
})
