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
  let openUntil = 0
  let isTrying = false
  return {
    /** Whether a request may be made now; of those that ask while it is open only the one that tries. */
    allows(): boolean {
      if (inARow < failures) return true
      if (isTrying || clock.now() < openUntil) return false
      isTrying = true
      return true
    },
    succeeded(): void {
      inARow = 0
      isTrying = false
    },
    failed(): void {
      isTrying = false
      inARow++
      if (inARow >= failures) openUntil = clock.now() + openMs
    },
    isOpen: (): boolean => inARow >= failures,
    /** When one may try (ms since the epoch). */
    until: (): number => openUntil,
  }
}
