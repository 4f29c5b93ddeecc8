/** So many a second, and so many at once. */
export interface TokenBucket {
  /** What may be taken now; below 0: what was taken too much. */
  level(now: number): number
  /** Takes it, into debt if need be. */
  take(amount: number, now: number): void
  /** How long (ms) until so much may be taken. */
  waitMs(amount: number, now: number): number
}

/** Full at the start. `perS` 0: anything may be taken at any time. */
export function createTokenBucket(perS: number, burst: number, startsAt: number): TokenBucket {
  if (perS === 0) return { level: () => Number.POSITIVE_INFINITY, take: () => undefined, waitMs: () => 0 }
  let tokens = burst
  let at = startsAt
  const level = (now: number): number => {
    // A clock that was set back fills nothing.
    if (now > at) tokens = Math.min(burst, tokens + ((now - at) / 1000) * perS)
    at = now
    return tokens
  }
  return {
    level,
    take(amount, now) {
      tokens = level(now) - amount
    },
    waitMs: (amount, now) => Math.max(0, Math.ceil(((amount - level(now)) / perS) * 1000)),
  }
}
