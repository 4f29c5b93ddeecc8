import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { createKafkaClient, type KafkaClient } from '../../../src/kafka/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { quietLog } from '../../support/quiet.ts'
import type { Subject } from './case.ts'

interface Published {
  readonly key?: string
  readonly value: string | null
  readonly headers?: Readonly<Record<string, string>>
}

async function withKafka<T>({ bootstrapServers }: Subject, use: (kafka: KafkaClient) => Promise<T>): Promise<T> {
  const kafka = createKafkaClient({
    bootstrapServers: [bootstrapServers],
    clientId: 'rest-cases',
    log: quietLog,
    clock: systemClock,
  })
  try {
    return await use(kafka)
  } finally {
    await kafka.close()
  }
}

/** Makes topics, named by what follows the case's own name, with these records in each. */
export const publish =
  (records: readonly (Published | string)[], suffixes: readonly string[] = ['']) =>
  (subject: Subject): Promise<void> =>
    withKafka(subject, async (kafka) => {
      const producer = await kafka.producer({ clientId: 'rest-cases' })
      try {
        for (const suffix of suffixes) {
          const topic = subject.name + suffix
          await kafka.createTopic(topic, { partitions: 1, replicationFactor: 1 })
          if (records.length === 0) continue
          await producer.send(records.map((record) => toProduce(topic, record)))
        }
      } finally {
        await producer.close()
      }
    })

function toProduce(topic: string, record: Published | string) {
  const { key, value, headers = {} }: Published = typeof record === 'string' ? { value: record } : record
  return {
    topic,
    key: key === undefined ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    partition: undefined,
    headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
  }
}

/** The records of the case's topic: keys, values and headers as text, and whether they have a time. */
export const recordsOf =
  (suffix = '') =>
  (subject: Subject): Promise<unknown> =>
    withKafka(subject, async (kafka) => {
      const topic = subject.name + suffix
      if (!(await kafka.topicExists(topic))) return []
      const records = await kafka.newest([topic], 100, AbortSignal.timeout(10_000))
      return records.map(({ key, value, headers, timestamp }) => ({
        key: key?.toString() ?? null,
        value: value?.toString() ?? null,
        headers: headers.map((header) => [header.key, header.value?.toString() ?? null]),
        timed: timestamp > 0,
      }))
    })

/** How many partitions the case's topic has, and the configuration that was asked for. */
export const topicOf =
  (...configNames: readonly string[]) =>
  async ({ bootstrapServers, name }: Subject): Promise<unknown> => {
    const admin = new kafkajs.Kafka({ brokers: [bootstrapServers], logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] })
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [...configNames] }],
      })
      const configs = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue])
      return { partitions: topics[0]?.partitions.length, configs }
    } finally {
      await admin.disconnect()
    }
  }

/** What a sink wrote. */
export const written = ({ dir }: Subject): Promise<string> => readFile(join(dir, 'out.txt'), 'utf8')
