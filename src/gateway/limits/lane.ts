import { createTokenBucket } from './token-bucket.ts'

/** A way in with a pace of its own. */
export interface Lane {
  /** Lets one in; or answers after how many ms to come back. */
  enter(now: number): number | undefined
}

export interface LaneOptions {
  /** 0: no bound. */
  readonly perS: number
  readonly burst: number
  readonly now: number
  readonly random: () => number
}

const longestMs = 60_000

/** Those that it turns away are told times as if they stood in line, so that they do not all come back at once. */
export function createLane({ perS, burst, now: startsAt, random }: LaneOptions): Lane {
  const bucket = createTokenBucket(perS, burst, startsAt)
  // Whoever was told a time is expected: the line grows with each and goes down at the lane's pace.
  const line = createTokenBucket(perS, 0, startsAt)
  return {
    enter(now) {
      if (bucket.level(now) >= 1) {
        bucket.take(1, now)
        return undefined
      }
      line.take(1, now)
      const turn = Math.min(longestMs, bucket.waitMs(1, now) + line.waitMs(0, now))
      return Math.ceil(turn * (0.5 + random()))
    },
  }
}
