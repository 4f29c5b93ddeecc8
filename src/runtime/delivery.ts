import type { RecordMetadata, SourceRecord, SourceTask } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import type { ProducerRecord, RecordProducer } from '../kafka/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import type { ErrorOperator } from './error-operator.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

/** One record of the task and all that goes to Kafka for it; nothing when it was dropped. */
export interface Outgoing {
  readonly record: SourceRecord
  readonly messages: readonly ProducerRecord[]
  /** Why it was skipped. */
  readonly error?: unknown
}

export interface DeliveryOptions {
  readonly producer: RecordProducer
  readonly task: SourceTask
  readonly run: TaskRun
  readonly deps: WorkerDeps
  readonly errors: ErrorOperator<SourceRecord>
  /** Everything that the record was split into is in Kafka, or was dropped. */
  acknowledged(record: SourceRecord): void
}

/** Kafka counts as away after this long (ms) without an acknowledgement. */
const awayAfterMs = 2000
/** How long (ms) a task that is to stop waits for the acknowledgement under way. */
const lastWaitMs = 2000

/** Produces until Kafka has acknowledged, however long that takes; only a stop or a refusal for good ends it. */
export function createDelivery(options: DeliveryOptions): (outgoing: readonly Outgoing[]) => Promise<void> {
  const { producer, task, run, deps, errors } = options

  async function deliver(outgoing: readonly Outgoing[]): Promise<void> {
    let metadata: readonly RecordMetadata[]
    try {
      metadata = await send(outgoing.flatMap(({ messages }) => messages))
    } catch (error) {
      if (isRetriable(error) || run.signal.aborted) throw error
      const sent = outgoing.filter(({ messages }) => messages.length > 0)
      if (sent.length === 1) return refuse(outgoing, error)
      // One of them is refused for good (too large, say): alone, each shows whether it is the one.
      for (const each of outgoing) await deliver([each])
      return
    }
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
      await errors.fail(only.record, { stage: 'KAFKA_PRODUCE', executing: 'producer', error: cause })
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
    for (let attempt = 0; ; attempt++) {
      try {
        const metadata = await unlessStopped(producer.send(messages))
        if (isAway) task.upstream?.({ reachable: true, since: deps.clock.now() })
        return metadata
      } catch (error) {
        if (!isRetriable(error) || run.signal.aborted) throw error
        if (!isAway && deps.clock.now() - since >= awayAfterMs) {
          isAway = true
          run.log.warn({ error }, 'Kafka does not acknowledge; the records are sent again until it does')
          task.upstream?.({ reachable: false, since })
        }
        await deps.clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 2000, jitter: 0.5 }), run.signal)
      }
    }
  }

  /** A broker that is silent must not hold up the end: what it may still acknowledge counts as not acknowledged. */
  async function unlessStopped<T>(work: Promise<T>): Promise<T> {
    const settled = new AbortController()
    const stopped = new Promise<never>((_, reject) => {
      const onAbort = async (): Promise<void> => {
        await deps.clock.sleep(lastWaitMs, settled.signal)
        reject(new ConnectError('The task was stopped before Kafka acknowledged its last records.'))
      }
      const begin = (): void => void onAbort()
      if (run.signal.aborted) begin()
      else run.signal.addEventListener('abort', begin, { once: true, signal: settled.signal })
    })
    // Whoever loses the race may still reject.
    stopped.catch(() => undefined)
    work.catch(() => undefined)
    try {
      return await Promise.race([work, stopped])
    } finally {
      settled.abort()
    }
  }

  return deliver
}
