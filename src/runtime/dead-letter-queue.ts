import { messageOf, RetriableError, traceOf } from '#api'
import type { KafkaClient, KafkaHeader, KafkaRecord, RecordProducer } from '../kafka/index.ts'
import type { Failure } from './error-operator.ts'

export interface DeadLetterQueue {
  /** Resolves when Kafka has acknowledged the record; rejects when it cannot be written, and the task then fails. */
  write(record: KafkaRecord, failure: Failure): Promise<void>
  close(): Promise<void>
}

export interface DeadLetterQueueOptions {
  readonly kafka: KafkaClient
  readonly connector: string
  readonly task: number
  readonly topic: string
  readonly replicationFactor: number
  readonly contextHeaders: boolean
}

/** Opens the queue, creating its topic (one partition) when it is missing, as Kafka Connect does at a task's start. */
export async function openDeadLetterQueue(options: DeadLetterQueueOptions): Promise<DeadLetterQueue> {
  const { kafka, topic, connector, task } = options
  if (!(await kafka.topicExists(topic))) {
    await kafka.createTopic(topic, { partitions: 1, replicationFactor: options.replicationFactor })
  }
  const producer: RecordProducer = await kafka.producer({ clientId: `connector-dlq-producer-${connector}-${task}` })
  return {
    async write(record, failure) {
      const headers = options.contextHeaders
        ? [...record.headers, ...contextHeaders(record, failure, connector, task)]
        : record.headers
      const letter = { topic, key: record.key, value: record.value, headers, timestamp: record.timestamp }
      // Kafka may be away for a moment; the record must not be lost for that.
      for (let attempt = 0; ; attempt++) {
        try {
          await producer.send([letter])
          return
        } catch (error) {
          if (!(error instanceof RetriableError) || attempt >= 10) throw error
        }
      }
    },
    close: () => producer.close(),
  }
}

/** The headers of Kafka Connect's `DeadLetterQueueReporter`. */
function contextHeaders(record: KafkaRecord, failure: Failure, connector: string, task: number): KafkaHeader[] {
  const { error, stage, executing } = failure
  const facts = {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    'connector.name': connector,
    'task.id': task,
    stage,
    'class.name': executing,
    'exception.class.name': error instanceof Error ? error.name : typeof error,
    'exception.message': messageOf(error),
    'exception.stacktrace': traceOf(error),
  }
  return Object.entries(facts).map(([key, value]) => ({
    key: `__connect.errors.${key}`,
    value: Buffer.from(String(value)),
  }))
}
