import type { Clock, Logger } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import type { Description } from './describe-record.ts'
import type { TaskMetrics } from './metrics.ts'

/** Where a record was when it failed, in Kafka Connect's words. */
export type Stage =
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'TRANSFORMATION'
  | 'TASK_PUT'
  | 'KAFKA_PRODUCE'

export interface Failure {
  readonly stage: Stage
  /** What was executing: the class of a converter, a transformation or a task. */
  readonly executing: string
  readonly error: unknown
}

export interface ErrorSettings {
  readonly 'errors.retry.timeout': number
  readonly 'errors.retry.delay.max.ms': number
  readonly 'errors.tolerance': 'none' | 'all'
  readonly 'errors.log.enable': boolean
  readonly 'errors.log.include.messages': boolean
}

export interface ErrorOperator<R> {
  /**
   * Calls `attempt` again after a retriable failure, as long as `errors.retry.timeout` allows. Then the failure is reported, and either
   * skipped (resolves with `undefined`) or thrown: `Tolerance exceeded in error handler`.
   */
  recover<T>(
    record: R,
    failure: Failure,
    attempt: () => Promise<T>,
    failureOf: (error: unknown) => Failure,
  ): Promise<T | undefined>
  /** Reports a failure that no retry can mend; resolves when it is tolerated. */
  fail(record: R, failure: Failure): Promise<void>
  /** Logs a failure that was held back, and hands its record to the dead letter queue. */
  report(record: R, failure: Failure): Promise<void>
}

export interface ErrorOperatorOptions<R> {
  readonly settings: ErrorSettings
  /** `connector-task`. */
  readonly id: string
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly metrics: TaskMetrics
  describe(record: R, error: unknown, includeContents: boolean): Description
  /** Records whose failure was dealt with in an earlier life; they are skipped without a word. */
  isRefill?(record: R): boolean
  /** Takes what is not to be reported now, because another worker does; false: it is. */
  hold?(record: R, failure: Failure): boolean
  /** Hands the record to the dead letter queue; resolves when it is there. */
  report?(record: R, failure: Failure): Promise<void>
  readonly random?: () => number
}

/** What may be skipped in these stages is anything; in others it is what was worth a retry. */
const skipsAnything: ReadonlySet<Stage> = new Set([
  'KEY_CONVERTER',
  'VALUE_CONVERTER',
  'HEADER_CONVERTER',
  'TRANSFORMATION',
])

export function createErrorOperator<R>(options: ErrorOperatorOptions<R>): ErrorOperator<R> {
  const { settings, log, clock, signal, metrics, random = Math.random } = options
  const includeContents = settings['errors.log.include.messages']
  const longest = settings['errors.retry.delay.max.ms']

  async function report(record: R, failure: Failure): Promise<void> {
    if (settings['errors.log.enable']) logError(record, failure)
    await options.report?.(record, failure)
  }

  async function reportOrHold(record: R, failure: Failure): Promise<void> {
    if (!options.hold?.(record, failure)) await report(record, failure)
  }

  /** One line that tools for Kafka Connect's logs find, the facts as fields beside it. */
  function logError(record: R, { stage, executing, error }: Failure): void {
    const { logged, facts } = options.describe(record, error, includeContents)
    const where = includeContents ? logged : ''
    log.error(
      { stage, class: executing, error, ...(includeContents && facts) },
      `Error encountered in task ${options.id}. Executing stage '${stage}' with class '${executing}'${where}.`,
    )
    metrics.errorLogged()
  }

  function refusal(verdict: string, record: R, failure: Failure): ConnectError {
    const description = options.describe(record, failure.error, includeContents)
    return new ConnectError(`${verdict}: ${failureText(failure, description)}`, {
      cause: failure.error,
      context: { stage: failure.stage, ...description.facts },
    })
  }

  /** 300 ms, then twice as long each time; beyond the longest anything up to it. */
  function delayBefore(retry: number): number {
    const doubled = 300 * 2 ** Math.min(retry, 40)
    return doubled > longest ? Math.floor(random() * longest) : doubled
  }

  return {
    report,
    async fail(record, failure) {
      if (options.isRefill?.(record)) return
      metrics.recordFailed()
      await reportOrHold(record, failure)
      if (settings['errors.tolerance'] === 'all') return
      metrics.recordError()
      throw refusal('Tolerance exceeded in error handler', record, failure)
    },

    async recover(record, first, attempt, failureOf) {
      const timeout = settings['errors.retry.timeout']
      const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : clock.now() + timeout
      let failure = first
      metrics.recordFailed()
      for (let retry = 0; isRetriable(failure.error) && !signal.aborted; retry++) {
        const left = deadline - clock.now()
        if (left <= 0) break
        await clock.sleep(Math.min(left, delayBefore(retry)), signal)
        if (signal.aborted) break
        metrics.retried()
        try {
          return await attempt()
        } catch (error) {
          failure = failureOf(error)
          metrics.recordFailed()
        }
      }
      // A task that is to stop has not given up on the record: it comes again in the next life.
      if (signal.aborted && isRetriable(failure.error)) throw failure.error
      if (options.isRefill?.(record)) return undefined
      metrics.recordError()
      await reportOrHold(record, failure)
      if (!skipsAnything.has(failure.stage) && !isRetriable(failure.error)) {
        throw refusal('Unhandled exception in error handler', record, failure)
      }
      if (settings['errors.tolerance'] !== 'all') throw refusal('Tolerance exceeded in error handler', record, failure)
      metrics.recordSkipped()
      return undefined
    },
  }
}

/** What failed, in which stage, for which record and why. */
export const failureText = ({ stage, executing, error }: Failure, { where, details }: Description): string =>
  `${stage} (${executing}) failed for ${where}: ${messageOf(error)}${details}`
