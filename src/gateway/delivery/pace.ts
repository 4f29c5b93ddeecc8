import { createTokenBucket } from '../limits/token-bucket.ts'
import type { Terms } from '../terms.ts'

/** How fast a subscription may go by its terms, `maxRate` and `maxBandwidth`. */
export interface Pace {
  /** Messages that may be sent now. */
  messages(now: number): number
  /** Bytes; with any left a whole message may be sent, whatever its size. */
  bytes(now: number): number
  took(messages: number, bytes: number, now: number): void
  /** How long (ms) until something may be sent. */
  waitMs(now: number): number
}

/** What comes at once after a pause, as time (s) of the rate. */
const burstS = 0.1

export function createPace({ maxRate = 0, maxBandwidth = 0 }: Terms, now: number): Pace | undefined {
  if (maxRate === 0 && maxBandwidth === 0) return undefined
  const messages = createTokenBucket(maxRate, Math.max(1, maxRate * burstS), now)
  const bytes = createTokenBucket(maxBandwidth, Math.max(1, maxBandwidth * burstS), now)
  return {
    messages: (at) => Math.floor(messages.level(at)),
    bytes: (at) => Math.ceil(bytes.level(at)),
    took(count, size, at) {
      messages.take(count, at)
      bytes.take(size, at)
    },
    waitMs: (at) => Math.max(messages.waitMs(1, at), bytes.waitMs(1, at)),
  }
}
