import type { SinkConnector, SinkTask, TopicPartitionOffset } from '#api'
import { messageOf } from '#api'
import type { ConsumerOptions, RecordConsumer } from '../kafka/index.ts'
import { javaRegex } from '../util/java-regex.ts'
import { retry } from '../util/retry.ts'
import { clientProps, maxPollRecords } from './client-props.ts'
import type { DeadLetterQueue } from './dead-letter-queue.ts'
import { isHopeless } from './hopeless.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface SinkReaderOptions {
  readonly connector: SinkConnector
  readonly task: SinkTask
  readonly topics: readonly string[]
  /** Instead of `topics`; empty: none. */
  readonly regex: string
  readonly warmMs: number
  readonly dlq: DeadLetterQueue | undefined
  readonly committable: () => readonly TopicPartitionOffset[]
  readonly leaving: () => Promise<void>
}

const backoff = { initialMs: 200, maxMs: 5000, jitter: 0.2 }

/** What `topics` or `topics.regex` name. */
export const sinkTopics = ({
  topics,
  'topics.regex': regex,
}: {
  readonly topics: readonly string[]
  readonly 'topics.regex': string
}): ConsumerOptions['topics'] => (regex === '' ? topics : [javaRegex(regex, { whole: true })])

/** Begins to read, however long Kafka is away; undefined when the task is to stop first. Rejects when it never can begin. */
export async function openSinkReader(
  { connector, task, topics, regex, warmMs, dlq, committable, leaving }: SinkReaderOptions,
  run: TaskRun,
  { kafka, clock, workerProps }: WorkerDeps,
): Promise<RecordConsumer | undefined> {
  const props = clientProps('consumer', run.props, workerProps)
  const options: ConsumerOptions = {
    props,
    groupId: props['group.id'] ?? `connect-${run.connector}`,
    clientId: props['client.id'] ?? `connector-consumer-${run.connector}-${run.task}`,
    topics: sinkTopics({ topics, 'topics.regex': regex }),
    maxPollRecords: maxPollRecords(props),
    onUpstream: (state) => task.upstream?.(state),
    onMissing(missing) {
      run.waiting(missing.length > 0 ? `for topics that do not exist yet: ${missing.join(', ')}` : undefined)
    },
  }
  let failed = false
  const again = (error: unknown): boolean => {
    if (isHopeless(error)) return false
    if (!failed) run.log.warn({ error }, 'reading could not begin and is tried again')
    failed = true
    run.waiting(messageOf(error))
    return true
  }
  try {
    const opened = await retry(
      async () => {
        await dlq?.open()
        return connector.placement === 'everyWorker'
          ? await kafka.logReader({ ...options, warmMs })
          : kafka.groupConsumer({ ...options, committable, leaving })
      },
      { clock, signal: run.signal, backoff, again },
    )
    if (failed) run.waiting(undefined)
    return closedWhenAbandoned(opened, run)
  } catch (error) {
    if (run.signal.aborted) return undefined
    throw error
  }
}

/** A task that was left behind must not keep its partitions from its successor. */
function closedWhenAbandoned(consumer: RecordConsumer, { abandoned, log }: TaskRun): RecordConsumer {
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= consumer.close())
  const onAbandoned = (): void =>
    void close().catch((error: unknown) => log.warn({ error }, 'the consumer of a task left behind did not close'))
  if (abandoned.aborted) onAbandoned()
  else abandoned.addEventListener('abort', onAbandoned, { once: true })
  return { ...consumer, close }
}
