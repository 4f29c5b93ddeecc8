import type { Clock } from '#api'

/** Waits for `work`, `ms` at most; false when the time ran out first. A rejection of `work` is passed on. */
export async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const done = new AbortController()
  try {
    const late = clock.sleep(ms, done.signal).then(() => false)
    return await Promise.race([work.then(() => true), late])
  } finally {
    done.abort()
  }
}
