import type { SourceRecord, SourceTask } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import type { ProducerRecord, Transaction, TransactionalProducer } from '../kafka/index.ts'
import { FencedError } from '../kafka/index.ts'
import type { StoredOffset, TopicOffsetStore } from '../storage/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import type { Outgoing, SourceOutlet } from './delivery.ts'
import type { ErrorOperator } from './error-operator.ts'
import { bytesOf, type HeldRecord, offsetsOf, toHeld } from './held-records.ts'
import { javaClasses } from './java-names.ts'
import type { TaskMetrics } from './metrics.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'
import { isNoTopic, type TopicMaker } from './topic-maker.ts'
import type { TransactionEnd, TransactionRequests } from './transaction-requests.ts'
import { tellingWhileAway, unlessStopped } from './unless-stopped.ts'

export interface TransactionalOutletOptions {
  readonly producer: TransactionalProducer
  readonly store: TopicOffsetStore & { copy?(connector: string, offsets: readonly StoredOffset[]): Promise<void> }
  readonly task: SourceTask
  readonly run: TaskRun
  readonly deps: Pick<WorkerDeps, 'clock' | 'topics'>
  readonly errors: Pick<ErrorOperator<SourceRecord>, 'fail'>
  readonly metrics: TaskMetrics
  readonly topics: TopicMaker | undefined
  readonly boundary: 'poll' | 'interval' | 'connector'
  readonly intervalMs: number
  readonly requests: TransactionRequests
}

/** The most that is kept (bytes) of a transaction in order to send it again. */
const keepBytes = 33_554_432
const backoff = { initialMs: 50, maxMs: 2000, jitter: 0.5 }

/**
 * Records and their source offsets in one transaction (KIP-618). What fails on its way is aborted and sent again whole, so that nothing is
 * there twice; only an end that nobody has confirmed fails the task, whose successor finds out from the stored offsets.
 */
export function createTransactionalOutlet(options: TransactionalOutletOptions): SourceOutlet {
  const { producer, store, task, run, deps, errors, metrics, topics, boundary, requests } = options
  const { clock } = deps
  const ownTopic = store.records(run.connector, [{ partition: {}, offset: null }])[0]?.topic
  let held: HeldRecord[] = []
  let bytes = 0
  /** How many of `held` the open transaction has. */
  let sent = 0
  let open: Transaction | undefined
  let isForgotten = false
  let written = 0
  const reached = new Set<string>()
  /** Whose refusal it is if the request under way is refused. */
  let suspect: HeldRecord | undefined
  let lastCommit = clock.now()

  function hold(outgoing: readonly Outgoing[]): void {
    for (const each of outgoing) {
      // A task that reads its offsets would wait for the transaction that it has open itself.
      if (each.messages.some(({ topic }) => topic === ownTopic))
        throw new ConnectError(
          'Source tasks may not produce to their own offsets topics when exactly-once support is enabled',
        )
      const kept = toHeld(each)
      bytes += bytesOf(kept)
      held.push(kept)
    }
  }

  async function send(part: readonly HeldRecord[], tail: readonly ProducerRecord[]): Promise<void> {
    const messages = part.flatMap((each) => each.messages)
    const withMessages = part.filter((each) => each.messages.length > 0)
    suspect = withMessages.length === 1 && tail.length === 0 ? withMessages[0] : undefined
    if (messages.length + tail.length > 0) {
      await topics?.makeFor(messages)
      open ??= await producer.begin()
      const metadata = await unlessStopped(open.send([...messages, ...tail]), run, deps)
      let at = 0
      for (const each of withMessages) each.metadata = metadata[(at += each.messages.length) - 1]
      written += messages.length
      for (const { topic } of messages) reached.add(topic)
    }
    sent += part.length
  }

  async function sendRest(tail: readonly ProducerRecord[], isAlone: boolean): Promise<void> {
    const rest = held.slice(sent)
    if (!isAlone) return send(rest, tail)
    for (const each of rest) await send([each], [])
    await send([], tail)
  }

  async function rollBack(): Promise<void> {
    nothingSent()
    const aborted = open
    open = undefined
    await (aborted && unlessStopped(aborted.abort(), run, deps))
  }

  function nothingSent(): void {
    sent = 0
    written = 0
    reached.clear()
  }

  /** Until the transaction has everything that is held, and the offsets with `tail`. */
  async function fill(tail: () => readonly ProducerRecord[]): Promise<void> {
    let isAlone = false
    for (let attempt = 0; ; attempt++) {
      try {
        return await sendRest(tail(), isAlone)
      } catch (error) {
        const refused = suspect
        const isLast = run.signal.aborted || error instanceof FencedError || isNoTopic(error)
        if (isLast) throw error
        await rollBack()
        if (isForgotten) throw tooLarge(error)
        if (isRetriable(error)) await clock.sleep(backoffDelay(attempt, backoff), run.signal)
        else if (refused) await refuse(refused, error)
        else if (isAlone) throw error
        // One of them is refused for good (too large, say): alone, each shows whether it is the one.
        isAlone = !isRetriable(error) && !refused
      }
    }
  }

  /** Skips it or fails the task, as `errors.tolerance` says. */
  async function refuse(only: HeldRecord, error: unknown): Promise<void> {
    const cause = new ConnectError(`Unrecoverable exception trying to send: ${messageOf(error)}`, { cause: error })
    try {
      await errors.fail(only.record, { stage: 'KAFKA_PRODUCE', executing: javaClasses.sourceTask, error: cause })
    } catch (failure) {
      task.commitRecord?.(only.record, undefined, cause)
      throw failure
    }
    only.messages = []
    only.error = cause
  }

  async function commit(): Promise<void> {
    if (run.cancelled()) return
    const began = clock.now()
    lastCommit = began
    let offsets: readonly StoredOffset[] = []
    const work = async (): Promise<void> => {
      offsets = offsetsOf(run.connector, held)
      await fill(() => store.records(run.connector, offsets))
      await (open && unlessStopped(open.commit(), run, deps))
    }
    try {
      await tellingWhileAway(work(), task, run, deps)
      metrics.offsetCommit(clock.now() - began, true)
    } catch (error) {
      metrics.offsetCommit(clock.now() - began, false)
      throw error
    }
    metrics.written(written)
    for (const topic of reached) deps.topics.record(run.connector, run.task, topic)
    const done = held
    open = undefined
    held = []
    bytes = 0
    isForgotten = false
    nothingSent()
    await store.copy?.(run.connector, offsets)
    await tell(done)
  }

  async function tell(done: readonly HeldRecord[]): Promise<void> {
    const failed = (error: unknown): void =>
      run.log.error({ error }, 'the task threw when it was told that its records and offsets are stored')
    for (const { record, metadata, error } of done) {
      try {
        task.commitRecord?.(record, metadata, error)
      } catch (thrown) {
        // The others are stored too, and somebody may wait for the answer.
        failed(thrown)
      }
    }
    try {
      await task.commit?.()
    } catch (thrown) {
      failed(thrown)
    }
  }

  async function end(how: TransactionEnd): Promise<void> {
    if (how === 'abort') {
      run.log.info({}, 'the transaction is aborted, as the connector has asked')
      await rollBack()
      // Their offsets are stored all the same, so that the task does not see the same again.
      for (const each of held) {
        each.messages = []
        each.metadata = undefined
      }
    }
    await commit()
  }

  /** What is sent and too much to be kept cannot be sent again. */
  async function fillOnly(): Promise<void> {
    await tellingWhileAway(
      fill(() => []),
      task,
      run,
      deps,
    )
    if (bytes <= keepBytes) return
    if (boundary === 'interval') return commit()
    isForgotten = true
    bytes = 0
    for (const each of held) each.messages = []
  }

  function tooLarge(cause: unknown): ConnectError {
    const message = `A transaction of more than ${keepBytes} bytes failed and cannot be sent again: ${messageOf(cause)}. The task reads on from its stored offsets when it is restarted; let the connector end its transactions earlier.`
    return new ConnectError(message, { cause })
  }

  const isDue = (): boolean =>
    boundary === 'poll' || (boundary === 'interval' && clock.now() >= lastCommit + options.intervalMs)

  async function deliverByRequest(outgoing: readonly Outgoing[], isWhole: boolean): Promise<void> {
    for (const each of outgoing) {
      hold([each])
      const how = requests.after(each.record)
      if (how) await end(how)
    }
    if (!isWhole) return
    const how = requests.afterBatch()
    await (how ? end(how) : fillOnly())
  }

  return {
    async deliver(outgoing, isWhole) {
      if (boundary === 'connector') return deliverByRequest(outgoing, isWhole)
      // Nothing of a batch that fails the task is committed.
      if (!isWhole) return
      hold(outgoing)
      await (isDue() ? commit() : fillOnly())
    },
    async tick() {
      const how = boundary === 'connector' ? requests.afterBatch() : undefined
      if (how) await end(how)
      else if (held.length > 0 && isDue()) await commit()
    },
    async settle() {
      const how = boundary === 'connector' ? requests.afterBatch() : 'commit'
      if (how && (held.length > 0 || boundary === 'connector')) await end(how)
      // Whoever pauses must not hold up the readers of its topics, nor meet the transaction's time-out; what is held is sent again.
      else if (open && !isForgotten && !run.signal.aborted) await tellingWhileAway(rollBack(), task, run, deps)
    },
  }
}
