import type { Clock } from '#api'

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number
  /** How long (ms) it stays open before one request may try. */
  readonly openMs: number
  readonly clock: Clock
}

/** A circuit breaker: after so many failures in a row nothing is asked for a while, then one request tries, and closes it or opens it again. */
export function createBreaker({ failures, openMs, clock }: BreakerOptions) {
  let inARow = 0
  let opensAt = 0
  let isTrying = false
  const isOpen = (): boolean => inARow >= failures
  /** A clock that was set back must not keep it open for longer. */
  const tryAt = (): number => (opensAt = Math.min(opensAt, clock.now() + openMs))
  return {
    /** Whether a request may be made now; of those that ask while it is open only the one that tries. */
    allows(): boolean {
      if (!isOpen()) return true
      if (isTrying || clock.now() < tryAt()) return false
      isTrying = true
      return true
    },
    answered(): void {
      inARow = 0
      isTrying = false
    },
    failed(): void {
      isTrying = false
      inARow++
      if (isOpen()) opensAt = clock.now() + openMs
    },
    isOpen,
    /** While it is open: when one may try (ms since the epoch). */
    opensAt: (): number => (isOpen() ? tryAt() : 0),
  }
}
