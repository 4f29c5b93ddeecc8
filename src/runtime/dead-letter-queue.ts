import { ConfigError, isRetriable, messageOf, traceOf } from '#api'
import type { KafkaHeader, KafkaRecord, RecordProducer } from '../kafka/index.ts'
import { retry } from '../util/retry.ts'
import { clientProps } from './client-props.ts'
import type { Failure } from './error-operator.ts'
import { javaException } from './java-names.ts'
import type { TaskMetrics } from './metrics.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface DeadLetterQueue {
  /** Creates the topic (one partition) when it is missing, as Kafka Connect does at a task's start. `ConfigError`: it cannot be made so. */
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

const backoff = { initialMs: 100, maxMs: 5000, jitter: 0.5 }

/** The queue that the connector declares; undefined when it declares none. */
export function createDeadLetterQueue(
  settings: DeadLetterQueueSettings,
  run: TaskRun,
  { kafka, clock, workerProps }: WorkerDeps,
  metrics: TaskMetrics,
): DeadLetterQueue | undefined {
  const topic = settings['errors.deadletterqueue.topic.name']
  if (topic === '') return undefined
  const admin = clientProps('admin', run.props, workerProps)
  let producer: RecordProducer | undefined

  async function create(): Promise<void> {
    const replicationFactor = settings['errors.deadletterqueue.topic.replication.factor']
    try {
      await kafka.createTopic(topic, { partitions: 1, replicationFactor, props: admin })
      run.log.warn({ topic }, 'the topic of the dead letter queue did not exist and was created')
    } catch (error) {
      // Another task may have been faster.
      if (isRetriable(error)) throw error
      if (await kafka.topicExists(topic, admin)) return
      throw new ConfigError(`Could not initialize dead letter queue with topic=${topic}: ${messageOf(error)}`, {
        cause: error,
        context: { topic, replicationFactor },
      })
    }
  }

  return {
    async open() {
      if (!(await kafka.topicExists(topic, admin))) await create()
      const props = clientProps('producer', run.props, workerProps)
      const clientId = props['client.id'] ?? `connector-dlq-producer-${run.connector}-${run.task}`
      producer ??= await kafka.producer({ clientId, props })
    },
    async write(raw, failure) {
      const { key, value, headers, timestamp } = raw
      const context = settings['errors.deadletterqueue.context.headers.enable'] ? contextHeaders(raw, failure, run) : []
      const letter = {
        topic,
        key,
        value,
        headers: [...headers, ...context],
        timestamp: timestamp < 0 ? undefined : timestamp,
      }
      try {
        await retry(() => producer?.send([letter]), { clock, signal: run.signal, backoff, again: isRetriable })
        metrics.deadLetter(true)
      } catch (error) {
        metrics.deadLetter(false)
        throw error
      }
    },
    close: async () => producer?.close(),
  }
}

/** The headers of Kafka Connect's `DeadLetterQueueReporter`. */
function contextHeaders(
  { topic, partition, offset }: KafkaRecord,
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
    'exception.class.name': javaException(error),
    'exception.message': messageOf(error),
    'exception.stacktrace': traceOf(error),
  }
  return Object.entries(facts).map(([key, value]) => ({
    key: `__connect.errors.${key}`,
    value: Buffer.from(String(value)),
  }))
}
