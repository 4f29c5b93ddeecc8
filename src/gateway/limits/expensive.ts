import { type Refusal, refuse } from '../codes.ts'
import type { Load } from './load.ts'
import { createTokenBucket } from './token-bucket.ts'

/** What one request can cost as much as thousands of messages: snapshots, history, presence and patterns that nobody has yet. */
export interface Expensive {
  /** Why there is none now. */
  refusal(now: number): Refusal | undefined
  /** One was made of so many bytes, or took as long as so many take. */
  spend(bytes: number, now: number): void
}

export interface ExpensiveOptions {
  /** 0: no bound. */
  readonly bytesPerS: number
  readonly load: Pick<Load, 'level'>
  readonly now: number
  readonly random: () => number
}

/** Requests that are refused before they are looked at; of the others it depends. */
export const expensiveTypes: ReadonlySet<string> = new Set(['history', 'presence', 'statistics'])

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
          'The gate has more to do than it can: no snapshots, history, presence and new patterns now.',
          again(pausedMs),
        )
      if (bucket.level(now) > 0) return undefined
      return refuse(
        'busy',
        'Too many snapshots, histories, presences and new patterns at this moment.',
        again(bucket.waitMs(1, now)),
      )
    },
    spend: (bytes, now) => bucket.take(bytes, now),
  }
}
