import { ConnectError } from '#api'
import {
  FencedError,
  type KafkaRecord,
  type ProducerRecord,
  type TopicLog,
  type TopicLogOptions,
} from '../kafka/index.ts'
import type { StorageKafka } from './storage-kafka.ts'

/** Topics of one partition that live as long as the process: for the tests of whatever stands on a store. */
export interface MemoryTopics extends StorageKafka {
  records(topic: string): readonly KafkaRecord[]
}

export function createMemoryTopics(): MemoryTopics {
  const topics = new Map<string, { readonly records: KafkaRecord[]; readonly readers: Set<() => void> }>()
  const owners = new Map<string, object>()

  function topicOf(name: string) {
    const topic = topics.get(name) ?? { records: [], readers: new Set() }
    topics.set(name, topic)
    return topic
  }

  const append = (records: readonly ProducerRecord[]) =>
    records.map(({ topic, key, value, headers, timestamp = Date.now() }) => {
      const { records: held, readers } = topicOf(topic)
      const offset = BigInt(held.length)
      held.push({ topic, partition: 0, offset, timestamp, key, value, headers })
      for (const read of readers) queueMicrotask(read)
      return { topic, partition: 0, offset }
    })

  return {
    records: (topic) => topicOf(topic).records,
    topicLog: async ({ topic, onRecord }) => followed(topicOf(topic), onRecord),
    producer: async () => ({ send: async (records) => append(records), async close() {} }),
    async transactionalProducer({ transactionalId }) {
      const me = {}
      const check = () => {
        if (owners.get(transactionalId) !== me)
          throw new FencedError(`Another producer has begun as ${transactionalId}.`)
      }
      return {
        async open() {
          owners.set(transactionalId, me)
        },
        async begin() {
          check()
          const kept: ProducerRecord[] = []
          return {
            async send(records) {
              check()
              kept.push(...records)
              return records.map(({ topic }) => ({ topic, partition: 0 }))
            },
            async commit() {
              check()
              append(kept)
            },
            async abort() {
              check()
            },
          }
        },
        async close() {},
      }
    },
  }
}

function followed(
  topic: { readonly records: readonly KafkaRecord[]; readonly readers: Set<() => void> },
  onRecord: TopicLogOptions['onRecord'],
): TopicLog {
  let position = 0
  let closed = false
  const read = () => {
    for (let record = topic.records[position]; record && !closed; record = topic.records[position]) {
      position++
      onRecord(record)
    }
  }
  topic.readers.add(read)
  read()
  return {
    async readToEnd() {
      if (closed) throw new ConnectError('The log of the topic is closed.')
      read()
    },
    async close() {
      closed = true
      topic.readers.delete(read)
    },
  }
}
