import type { Clock, MaybePromise } from '#api'
import { type BackoffOptions, backoffDelay } from './backoff.ts'

export interface RetryOptions {
  readonly clock: Clock
  /** Ends the tries: what failed last is thrown. */
  readonly signal: AbortSignal
  readonly backoff: BackoffOptions
  /** Asked after each failure; `attempt` counts from 0. False: it is thrown. */
  again(error: unknown, attempt: number): boolean
}

/** Does it until it succeeds, with longer and longer waits between. */
export async function retry<T>(work: (attempt: number) => MaybePromise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, backoff } = options
  for (let attempt = 0; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (signal.aborted || !options.again(error, attempt)) throw error
      await clock.sleep(backoffDelay(attempt, backoff), signal)
      if (signal.aborted) throw error
    }
  }
}
