import type { RecordMetadata, SourceRecord, SourceTask } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import type { ProducerRecord, RecordProducer } from '../kafka/index.ts'
import { retry } from '../util/retry.ts'
import type { ErrorOperator } from './error-operator.ts'
import { javaClasses } from './java-names.ts'
import type { TaskMetrics } from './metrics.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'
import { isNoTopic, type TopicMaker } from './topic-maker.ts'
import { awayAfterMs, unlessStopped } from './unless-stopped.ts'

/** One record of the task and all that goes to Kafka for it; nothing when it was dropped. */
export interface Outgoing {
  readonly record: SourceRecord
  readonly messages: readonly ProducerRecord[]
  /** Why it was skipped. */
  readonly error?: unknown
}

/** The way of a source's records to Kafka, its offsets with them. */
export interface SourceOutlet {
  /**
   * What one poll gave. Not `isWhole`: what came after these records failed the task, which ends with that.
   * Rejects when the task cannot go on.
   */
  deliver(outgoing: readonly Outgoing[], isWhole: boolean): Promise<void>
  /** Between two polls. */
  tick(): Promise<void>
  /** Before a pause, and at the end of a task that has not failed. */
  settle(): Promise<void>
}

export interface DeliveryOptions {
  readonly producer: RecordProducer
  readonly task: SourceTask
  readonly run: TaskRun
  readonly deps: WorkerDeps
  readonly errors: ErrorOperator<SourceRecord>
  readonly metrics: TaskMetrics
  /** Absent: topics that do not exist are the broker's affair. */
  readonly topics: TopicMaker | undefined
  /** Everything that the record was split into is in Kafka, or was dropped. */
  acknowledged(record: SourceRecord): void
}

/** Produces until Kafka has acknowledged, however long that takes; only a stop or a refusal for good ends it. */
export function createDelivery(options: DeliveryOptions): (outgoing: readonly Outgoing[]) => Promise<void> {
  const { producer, task, run, deps, errors, metrics, topics } = options

  async function deliver(outgoing: readonly Outgoing[]): Promise<void> {
    let metadata: readonly RecordMetadata[]
    try {
      metadata = await send(outgoing.flatMap(({ messages }) => messages))
    } catch (error) {
      if (isRetriable(error) || isNoTopic(error) || run.signal.aborted) throw error
      const sent = outgoing.filter(({ messages }) => messages.length > 0)
      if (sent.length === 1) return refuse(outgoing, error)
      // One of them is refused for good (too large, say): alone, each shows whether it is the one.
      for (const each of outgoing) await deliver([each])
      return
    }
    for (const topic of new Set(metadata.map((each) => each.topic))) deps.topics.record(run.connector, run.task, topic)
    metrics.written(metadata.length)
    let at = 0
    for (const each of outgoing) {
      at += each.messages.length
      done(each, each.messages.length > 0 ? metadata[at - 1] : undefined, each.error)
    }
  }

  /** Skips it or fails the task, as `errors.tolerance` says. */
  async function refuse([only]: readonly Outgoing[], error: unknown): Promise<void> {
    if (!only) return
    const cause = new ConnectError(`Unrecoverable exception trying to send: ${messageOf(error)}`, { cause: error })
    try {
      await errors.fail(only.record, { stage: 'KAFKA_PRODUCE', executing: javaClasses.sourceTask, error: cause })
    } catch (failure) {
      task.commitRecord?.(only.record, undefined, cause)
      throw failure
    }
    done(only, undefined, cause)
  }

  function done({ record }: Outgoing, metadata: RecordMetadata | undefined, error: unknown): void {
    options.acknowledged(record)
    try {
      task.commitRecord?.(record, metadata, error)
    } catch (thrown) {
      run.log.error({ error: thrown }, 'the task threw when it was told that Kafka has a record')
    }
  }

  async function send(messages: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]> {
    if (messages.length === 0) return []
    const since = deps.clock.now()
    let isAway = false
    const again = (error: unknown): boolean => {
      if (!isRetriable(error)) return false
      if (!isAway && deps.clock.now() - since >= awayAfterMs) {
        isAway = true
        run.log.warn({ error }, 'Kafka does not acknowledge; the records are sent again until it does')
        task.upstream?.({ reachable: false, since })
      }
      return true
    }
    const metadata = await retry(
      async () => {
        if (topics) await topics.makeFor(messages)
        return unlessStopped(producer.send(messages), run, deps)
      },
      { clock: deps.clock, signal: run.signal, backoff: { initialMs: 100, maxMs: 2000, jitter: 0.5 }, again },
    )
    if (isAway) task.upstream?.({ reachable: true, since: deps.clock.now() })
    return metadata
  }

  return deliver
}
