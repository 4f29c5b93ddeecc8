import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves with what `look` gives as soon as it is neither undefined, null nor false; a throw inside counts as not yet. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 30_000, what = 'the condition' }: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const seen = await look()
      if (seen !== undefined && seen !== null && seen !== false) return seen as NonNullable<Exclude<T, false>>
      last = seen
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) throw new Error(`${what} did not come about in ${timeoutMs} ms`, { cause: last })
    await sleep(20)
  }
}

/** Until an assertion holds. */
export const soon = (check: () => void): Promise<true> =>
  eventually((): true => {
    check()
    return true
  })
