import { type Refusal, refuse } from '../codes.ts'
import type { Load } from './load.ts'
import { createTokenBucket } from './token-bucket.ts'

/** What one request can cost as much as thousands of messages: snapshots and history. */
export interface Expensive {
  /** Why there is none now. */
  refusal(now: number): Refusal | undefined
  /** Of so many bytes one was made. */
  spend(bytes: number, now: number): void
}

export interface ExpensiveOptions {
  /** 0: no bound. */
  readonly bytesPerS: number
  readonly load: Pick<Load, 'level'>
  readonly now: number
  readonly random: () => number
}

/** The step from which these are paused. */
const pausedFrom = 2
const pausedMs = 5000

/** A budget in bytes for the process: who comes when it is spent is told when to come back. */
export function createExpensive({ bytesPerS, load, now: startsAt, random }: ExpensiveOptions): Expensive {
  const bucket = createTokenBucket(bytesPerS, bytesPerS, startsAt)
  const again = (ms: number): { readonly retryAfter: number } => ({ retryAfter: Math.ceil(ms * (1 + random())) })
  return {
    refusal(now) {
      if (load.level() >= pausedFrom)
        return refuse(
          'overloaded',
          'The gate has more to do than it can: no snapshots and no history now.',
          again(pausedMs),
        )
      if (bucket.level(now) > 0) return undefined
      return refuse('busy', 'Too many snapshots and histories at this moment.', again(bucket.waitMs(1, now)))
    },
    spend: (bytes, now) => bucket.take(bytes, now),
  }
}
