import { type Clock, ConnectError, type MaybePromise } from '#api'

/**
 * Waits `ms` at most. Work that is late is not undone; how it fails then goes to `failedLate`.
 * The error is a plain 500, as Kafka Connect answers, and not a `TimeoutError` (504).
 */
export async function withTimeLimit<T>(
  work: MaybePromise<T>,
  ms: number,
  clock: Clock,
  failedLate: (error: unknown) => void,
): Promise<T> {
  const answered = new AbortController()
  const done = Promise.resolve(work).then((value) => ({ value }))
  const late = clock.sleep(ms, answered.signal).then(() => undefined)
  try {
    const first = await Promise.race([done, late])
    if (first) return first.value
  } finally {
    answered.abort()
  }
  done.catch(failedLate)
  throw new ConnectError(
    `Request timed out. The worker did not finish it within ${ms} ms; what was asked for may still happen`,
  )
}
