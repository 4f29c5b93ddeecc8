import type { Clock } from '#api'

/** What the status says of the stretches of a feed that nobody knows. */
export interface GapFacts {
  readonly gaps?: number
  readonly unknownSince?: string
  readonly unknownUntil?: string
}

/**
 * Counts the stretches in which a feed without cursor may have sent what was not kept: from the last message before a break (or
 * before reading stopped) to the first one after it.
 */
export function createGaps(clock: Clock) {
  let gaps = 0
  let lastSeen = clock.now()
  let since: number | undefined
  let until: number | undefined
  return {
    cut(): void {
      if (since !== undefined && until === undefined) return
      gaps++
      since = lastSeen
      until = undefined
    },
    /** A message came. True when a gap ended with it. */
    seen(at: number): boolean {
      lastSeen = at
      if (since === undefined || until !== undefined) return false
      until = at
      return true
    },
    facts: (): GapFacts => ({
      gaps,
      ...(since === undefined ? {} : { unknownSince: new Date(since).toISOString() }),
      ...(until === undefined ? {} : { unknownUntil: new Date(until).toISOString() }),
    }),
  }
}
