import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { createKafkaClient, type KafkaClient, type KafkaRecord } from '../../src/kafka/index.ts'
import { systemClock } from '../../src/util/clock.ts'
import { eventually } from './eventually.ts'
import { quietLog } from './quiet.ts'

export function kafkaClient(bootstrapServers = inject('kafka')): KafkaClient {
  const kafka = createKafkaClient({
    bootstrapServers: [bootstrapServers],
    clientId: 'test',
    log: quietLog,
    clock: systemClock,
  })
  onTestFinished(() => kafka.close())
  return kafka
}

export async function newTopic(partitions = 1, kafka = kafkaClient()): Promise<string> {
  const topic = `test.${randomUUID()}`
  await kafka.createTopic(topic, { partitions, replicationFactor: 1 })
  return topic
}

export interface Written {
  readonly key?: string | Buffer | null
  readonly value: string | Buffer | null
  readonly partition?: number
}

export async function write(
  topic: string,
  records: readonly (Written | string)[],
  kafka = kafkaClient(),
): Promise<void> {
  const producer = await kafka.producer({ clientId: 'test' })
  const buffer = (data: string | Buffer | null | undefined) =>
    typeof data === 'string' ? Buffer.from(data) : (data ?? null)
  try {
    await producer.send(
      records.map((record) => {
        const { key, value, partition } =
          typeof record === 'string' ? { key: null, value: record } : { partition: undefined, ...record }
        return { topic, key: buffer(key), value: buffer(value), partition, headers: [] }
      }),
    )
  } finally {
    await producer.close()
  }
}

/** All records of a topic as soon as there are `count` of them; without a count those that it holds now. */
export async function readAll(topic: string, count?: number, kafka = kafkaClient()): Promise<readonly KafkaRecord[]> {
  const signal = new AbortController().signal
  const reader = await kafka.logReader({
    groupId: `test-${randomUUID()}`,
    clientId: 'test',
    topics: [topic],
    maxPollRecords: 10_000,
    warmMs: -1,
    onUpstream() {},
    onMissing() {},
  })
  const records: KafkaRecord[] = []
  try {
    await eventually(
      async () => {
        const { batches } = await reader.poll(100, signal)
        records.push(...batches.flatMap((batch) => batch.records))
        return count === undefined ? reader.caughtUp() : records.length >= count
      },
      { what: `${count ?? 'all'} records in ${topic}` },
    )
    return records
  } finally {
    await reader.close()
  }
}
