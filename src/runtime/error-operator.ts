import type { Clock, Logger } from '#api'
import { ConnectError, isRetriable, messageOf } from '#api'
import { backoffDelay } from '../util/backoff.ts'

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
  /** What was executing: a converter or a transformation. */
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
}

export interface ErrorOperatorOptions<R> {
  readonly settings: ErrorSettings
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
  /** `topic-partition@offset`, or what else tells where the record is from. */
  describe(record: R): { readonly text: string; readonly facts: object }
  /** Records whose failure was dealt with in an earlier life; they are skipped without a word. */
  isRefill?(record: R): boolean
  /** Hands the record to the dead letter queue; resolves when it is there. */
  report?(record: R, failure: Failure): Promise<void>
}

export function createErrorOperator<R>(options: ErrorOperatorOptions<R>): ErrorOperator<R> {
  const { settings, log, clock, signal } = options

  async function fail(record: R, failure: Failure): Promise<void> {
    if (options.isRefill?.(record)) return
    const { text, facts } = options.describe(record)
    if (settings['errors.log.enable']) {
      log.error(
        {
          stage: failure.stage,
          class: failure.executing,
          error: failure.error,
          ...(settings['errors.log.include.messages'] && facts),
        },
        'error encountered in task',
      )
    }
    await options.report?.(record, failure)
    if (settings['errors.tolerance'] === 'all') return
    throw new ConnectError(
      `Tolerance exceeded in error handler: ${failure.stage} (${failure.executing}) failed for ${text}: ${messageOf(failure.error)}`,
      { cause: failure.error, context: { stage: failure.stage, ...facts } },
    )
  }

  return {
    fail,
    async recover(record, first, attempt, failureOf) {
      const deadline = settings['errors.retry.timeout']
      const began = clock.now()
      let failure = first
      for (let retry = 0; isRetriable(failure.error) && !signal.aborted; retry++) {
        const left = deadline < 0 ? Number.POSITIVE_INFINITY : began + deadline - clock.now()
        if (left <= 0) break
        const maxMs = Math.min(left, settings['errors.retry.delay.max.ms'])
        const delay = backoffDelay(retry, { initialMs: 300, maxMs, jitter: 0.2 })
        await clock.sleep(delay, signal)
        if (signal.aborted) break
        try {
          return await attempt()
        } catch (error) {
          failure = failureOf(error)
        }
      }
      // A task that is to stop has not given up on the record: it comes again in the next life.
      if (signal.aborted && isRetriable(failure.error)) throw failure.error
      await fail(record, failure)
      return undefined
    },
  }
}
