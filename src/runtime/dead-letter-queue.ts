import { isRetriable, messageOf, traceOf } from '#api'
import type { KafkaHeader, KafkaRecord, RecordProducer } from '../kafka/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import type { Failure } from './error-operator.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface DeadLetterQueue {
  /** Creates the topic (one partition) when it is missing, as Kafka Connect does at a task's start. */
  open(): Promise<void>
  /** Resolves when Kafka has acknowledged the record, however long that takes; rejects when it is refused or the task is to stop. */
  write(record: KafkaRecord, failure: Failure): Promise<void>
  close(): Promise<void>
}

interface DeadLetterQueueSettings {
  readonly 'errors.deadletterqueue.topic.name': string
  readonly 'errors.deadletterqueue.topic.replication.factor': number
  readonly 'errors.deadletterqueue.context.headers.enable': boolean
}

/** The queue that the connector declares; undefined when it declares none. */
export function createDeadLetterQueue(
  settings: DeadLetterQueueSettings,
  run: TaskRun,
  { kafka, clock }: WorkerDeps,
): DeadLetterQueue | undefined {
  const topic = settings['errors.deadletterqueue.topic.name']
  if (topic === '') return undefined
  let producer: RecordProducer | undefined

  return {
    async open() {
      if (!(await kafka.topicExists(topic))) {
        const replicationFactor = settings['errors.deadletterqueue.topic.replication.factor']
        await kafka.createTopic(topic, { partitions: 1, replicationFactor })
      }
      producer ??= await kafka.producer({ clientId: `connector-dlq-producer-${run.connector}-${run.task}` })
    },
    async write({ key, value, headers, timestamp, ...origin }, failure) {
      const context = settings['errors.deadletterqueue.context.headers.enable']
        ? contextHeaders(origin, failure, run)
        : []
      const letter = { topic, key, value, headers: [...headers, ...context], timestamp }
      for (let attempt = 0; ; attempt++) {
        try {
          await producer?.send([letter])
          return
        } catch (error) {
          if (!isRetriable(error) || run.signal.aborted) throw error
          await clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 5000, jitter: 0.5 }), run.signal)
        }
      }
    },
    close: async () => producer?.close(),
  }
}

/** The headers of Kafka Connect's `DeadLetterQueueReporter`. */
function contextHeaders(
  { topic, partition, offset }: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>,
  { error, stage, executing }: Failure,
  { connector, task }: TaskRun,
): KafkaHeader[] {
  const facts = {
    topic,
    partition,
    offset,
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
