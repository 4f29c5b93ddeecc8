import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createKafkaClient, type KafkaRecord, type RecordConsumer } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from '../support/eventually.ts'
import { quietLog } from '../support/quiet.ts'

const bootstrapServers = [inject('kafka')]

function client() {
  const kafka = createKafkaClient({ bootstrapServers, clientId: 'kafka-test', log: quietLog, clock: systemClock })
  onTestFinished(() => kafka.close())
  return kafka
}

async function topicWith(count: number, partitions = 1): Promise<string> {
  const kafka = client()
  const topic = `kafka-test.${randomUUID()}`
  await kafka.createTopic(topic, { partitions, replicationFactor: 1 })
  await produce(topic, 0, count)
  return topic
}

async function produce(topic: string, from: number, to: number) {
  const producer = await client().producer({ clientId: 'kafka-test' })
  onTestFinished(() => producer.close())
  const records = Array.from({ length: to - from }, (_, index) => ({
    topic,
    key: Buffer.from(`k${from + index}`),
    value: Buffer.from(String(from + index)),
    headers: [{ key: 'h', value: Buffer.from('1') }],
  }))
  return producer.send(records)
}

const options = (topics: readonly (string | RegExp)[], groupId = `kafka-test-${randomUUID()}`) => ({
  groupId,
  clientId: 'kafka-test',
  topics,
  maxPollRecords: 100,
  onUpstream: () => {},
  onMissing: () => {},
  signal: new AbortController().signal,
})

async function read(consumer: RecordConsumer, count: number): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  await eventually(
    async () => {
      const { batches } = await consumer.poll(200, new AbortController().signal)
      records.push(...batches.flatMap((batch) => batch.records))
      return records.length >= count
    },
    { what: `${count} records` },
  )
  return records
}

const values = (records: readonly KafkaRecord[]) => records.map(({ value }) => Number(value))

test('a producer tells where each record is', async () => {
  const topic = await topicWith(0, 3)
  const metadata = await produce(topic, 0, 50)
  expect(metadata).toHaveLength(50)
  const seen = new Set(metadata.map(({ partition, offset }) => `${partition}:${offset}`))
  expect(seen.size).toBe(50)
  const reader = await client().logReader({ ...options([topic]), warmMs: -1 })
  onTestFinished(() => reader.close())
  const records = await read(reader, 50)
  for (const { partition, offset, value } of records) {
    expect(metadata[Number(value)]).toMatchObject({ partition, offset })
  }
})

test('a log reader reads all partitions in order, tells when it has caught up, and commits without a group', async () => {
  const topic = await topicWith(1000, 2)
  const kafka = client()
  const groupId = `kafka-test-${randomUUID()}`
  const reader = await kafka.logReader({ ...options([topic], groupId), warmMs: -1 })
  onTestFinished(() => reader.close())
  const opened = await reader.poll(5000, new AbortController().signal)
  expect(opened.assigned).toHaveLength(2)
  expect(reader.caughtUp()).toBe(false)
  const records = await read(reader, 1000)
  expect(values(records).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
  expect(reader.caughtUp()).toBe(true)
  await reader.commit([{ topic, partition: 0, offset: 7n }])
  expect(await kafka.committed(groupId, [topic])).toEqual([{ topic, partition: 0, offset: 7n }])
  await produce(topic, 1000, 1010)
  expect(values(await read(reader, 10)).toSorted((a, b) => a - b)[0]).toBe(1000)
})

test('a log reader begins at the committed offset when that is older than the window, and knows the record before', async () => {
  const topic = await topicWith(20)
  const kafka = client()
  const groupId = `kafka-test-${randomUUID()}`
  const first = await kafka.logReader({ ...options([topic], groupId), warmMs: 0 })
  await first.commit([{ topic, partition: 0, offset: 12n }])
  await first.close()
  const reader = await kafka.logReader({ ...options([topic], groupId), warmMs: 0 })
  onTestFinished(() => reader.close())
  const { assigned } = await reader.poll(5000, new AbortController().signal)
  expect(assigned).toMatchObject([{ offset: 12n, committed: 12n }])
  expect(assigned[0]?.timestampBefore).toBe(await kafka.timestampAt({ topic, partition: 0 }, 11n))
  expect(values(await read(reader, 8))).toEqual([12, 13, 14, 15, 16, 17, 18, 19])
})

test('a log reader goes back when it is told to', async () => {
  const topic = await topicWith(30)
  const reader = await client().logReader({ ...options([topic]), warmMs: -1 })
  onTestFinished(() => reader.close())
  await read(reader, 30)
  reader.seek([{ topic, partition: 0, offset: 25n }])
  expect(values(await read(reader, 5))).toEqual([25, 26, 27, 28, 29])
})

test('the timestamp at an offset, or where the offset lies', async () => {
  const topic = await topicWith(5)
  const kafka = client()
  expect(await kafka.timestampAt({ topic, partition: 0 }, 3n)).toBeTypeOf('number')
  expect(await kafka.timestampAt({ topic, partition: 0 }, 5n)).toBe('beyond')
})

test('a topic that does not exist yet is told and waited for', async () => {
  const topic = `kafka-test.${randomUUID()}`
  const missing: (readonly string[])[] = []
  const opening = client().logReader({ ...options([topic]), warmMs: -1, onMissing: (topics) => missing.push(topics) })
  await eventually(() => missing.length > 0)
  expect(missing[0]).toEqual([topic])
  await client().createTopic(topic, { partitions: 1, replicationFactor: 1 })
  const reader = await opening
  onTestFinished(() => reader.close())
  await produce(topic, 0, 3)
  expect(values(await read(reader, 3))).toEqual([0, 1, 2])
})

test('two members of a group share the partitions, and each record is read once', async () => {
  const topic = await topicWith(0, 4)
  const groupId = `kafka-test-${randomUUID()}`
  const kafka = client()
  const consumers = [0, 1].map(() => kafka.groupConsumer({ ...options([topic], groupId), committable: () => [] }))
  onTestFinished(async () => {
    await Promise.all(consumers.map((consumer) => consumer.close()))
  })
  const owned = new Map<RecordConsumer, number>()
  const records: KafkaRecord[] = []
  const pollAll = async () => {
    for (const consumer of consumers) {
      const { assigned, revoked, batches } = await consumer.poll(100, new AbortController().signal)
      if (assigned.length > 0 || revoked.length > 0) owned.set(consumer, assigned.length)
      records.push(...batches.flatMap((batch) => batch.records))
    }
  }
  await eventually(async () => {
    await pollAll()
    return consumers.every((consumer) => owned.get(consumer) === 2)
  })
  await produce(topic, 0, 500)
  await eventually(async () => {
    await pollAll()
    return records.length >= 500
  })
  expect(new Set(values(records)).size).toBe(500)
  expect(records).toHaveLength(500)
})

test('a group continues after what was committed', async () => {
  const topic = await topicWith(40)
  const groupId = `kafka-test-${randomUUID()}`
  const kafka = client()
  const first = kafka.groupConsumer({ ...options([topic], groupId), committable: () => [] })
  await read(first, 40)
  await first.commit([{ topic, partition: 0, offset: 33n }])
  await first.close()
  const second = kafka.groupConsumer({ ...options([topic], groupId), committable: () => [] })
  onTestFinished(() => second.close())
  expect(values(await read(second, 7))[0]).toBe(33)
})

test('a member that is not polled for max.poll.interval.ms leaves the others its partitions, and comes back with its next poll', async () => {
  const topic = await topicWith(0, 2)
  const wanted = { ...options([topic]), committable: () => [] }
  const slow = client().groupConsumer({ ...wanted, props: { 'max.poll.interval.ms': '1500' } })
  onTestFinished(() => slow.close())
  const assignedTo = async (consumer: RecordConsumer) =>
    (await consumer.poll(100, new AbortController().signal)).assigned.length
  await eventually(async () => (await assignedTo(slow)) === 2)
  const other = client().groupConsumer(wanted)
  onTestFinished(() => other.close())
  await eventually(async () => (await assignedTo(other)) === 2)
  expect(slow.changed()).toBe(true)
  let [ofSlow, ofOther] = [0, 0]
  await eventually(async () => {
    ofSlow = (await assignedTo(slow)) || ofSlow
    ofOther = (await assignedTo(other)) || ofOther
    return ofSlow === 1 && ofOther === 1
  })
})

test('a member that comes back with more topics has committed before, so nothing is read twice', async () => {
  const prefix = `kafka-test.${randomUUID()}`
  const kafka = client()
  const make = async (topic: string) => {
    await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
    await produce(topic, 0, 5)
  }
  await make(`${prefix}.a`)
  let consumed: { topic: string; partition: number; offset: bigint }[] = []
  const consumer = kafka.groupConsumer({
    ...options([new RegExp(`^${prefix}\\..*$`)]),
    props: { 'metadata.max.age.ms': '200' },
    committable: () => consumed,
  })
  onTestFinished(() => consumer.close())
  expect(await read(consumer, 5)).toHaveLength(5)
  consumed = [{ topic: `${prefix}.a`, partition: 0, offset: 5n }]
  await make(`${prefix}.b`)
  const records = await read(consumer, 5)
  expect(records.map(({ topic }) => topic)).toEqual(Array.from({ length: 5 }, () => `${prefix}.b`))
})

test('a member that was told to go back and then paused goes on from there', async () => {
  const topic = await topicWith(5)
  const consumer = client().groupConsumer({ ...options([topic]), committable: () => [] })
  onTestFinished(() => consumer.close())
  await read(consumer, 5)
  consumer.seek([{ topic, partition: 0, offset: 2n }])
  consumer.pause([{ topic, partition: 0 }])
  consumer.resume([{ topic, partition: 0 }])
  await produce(topic, 5, 6)
  expect(values(await read(consumer, 1))[0]).toBe(2)
})
