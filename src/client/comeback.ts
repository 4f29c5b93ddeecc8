import { backoffDelay } from './backoff.ts'
import type { Settings } from './options.ts'

/** When, and whether, a client comes back. */
export interface Comeback {
  /** Which attempt since a connection lived for a while is the next one. */
  readonly attempt: number
  /** The gate goes away; it is left after so long (ms) and come back to no sooner. */
  drain(delayMs: number, leave: () => void): void
  /** The gate said not to come sooner than this (ms). */
  notBefore(delayMs: number): void
  /** The connection lived so long (ms). The delay (ms) before the next, or `final`. */
  after(code: number, lived: number): number | 'final'
  stop(): void
}

/** A connection that has lived this long (ms) was a good one: the next back-off begins at the beginning. */
const stableMs = 5000
/** `token_expired` and `bad_token`: with a function there may be a better token next time. */
const tokenRefusals = [4501, 4502]
const maxTokenRefusals = 5

export function planComeback({ timers, backoff, random, token }: Settings): Comeback {
  let attempt = 0
  /** Since a connection lived for a while. */
  let tokensRefused = 0
  let earliest = 0
  let drainTimer: unknown

  const isFinal = (code: number): boolean => {
    if (typeof token === 'function' && tokenRefusals.includes(code)) return ++tokensRefused >= maxTokenRefusals
    return code >= 4500 && code <= 4999
  }
  const notBefore = (delayMs: number): void => {
    earliest = Math.max(earliest, timers.now() + delayMs)
  }
  const stop = (): void => timers.clear(drainTimer)

  return {
    get attempt() {
      return attempt
    },
    notBefore,
    drain(delayMs, leave) {
      stop()
      earliest = timers.now() + delayMs
      drainTimer = timers.set(leave, delayMs)
    },
    after(code, lived) {
      stop()
      if (lived >= stableMs) {
        attempt = 0
        tokensRefused = 0
      }
      if (isFinal(code)) return 'final'
      const hint = Math.max(0, earliest - timers.now())
      earliest = 0
      return hint + backoffDelay(attempt++, backoff, random)
    },
    stop,
  }
}
