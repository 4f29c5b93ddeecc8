import type { ClientEvents } from '../client.ts'
import type { Gate } from '../gate.ts'
import { createTokenBucket } from './token-bucket.ts'

/** What the filters and boxes of one connection are asked, of messages and of snapshots. */
export interface Questions {
  /** What is asked of one message or entry; `times`: one that costs as much as so many. */
  asked(times: number): void
  /** How long (ms) until more may be; 0: now. */
  waitMs(now: number): number
  /** Whether all is used up that there was at the last look at the time: what goes on asking has to look again. */
  isSpent(): boolean
  /** Something has to wait for it. */
  held(now: number): void
}

export interface QuestionsOptions {
  /** 0: no bound. */
  readonly perS: number
  readonly now: number
  /** Called when something has to wait, and not again for a while. */
  readonly onHeld: () => void
}

/** How often (ms) at most it is told. */
const toldMs = 10_000

/** Twice as many may be asked at once. Whoever asks stops when it is spent, so that no more than one message is owed. */
function createQuestions({ perS, now: startsAt, onHeld }: QuestionsOptions): Questions {
  const bucket = createTokenBucket(perS, 2 * perS, startsAt)
  let left = 2 * perS
  let count = 0
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    asked(times) {
      count += times
    },
    waitMs(now) {
      bucket.take(count, now)
      count = 0
      left = bucket.level(now)
      return bucket.waitMs(1, now)
    },
    isSpent: () => left - count < 1,
    held(now) {
      if (toldAt + toldMs > now) return
      toldAt = now
      onHeld()
    },
  }
}

/** Those of a new connection, which is told when something of it has to wait. */
export function openQuestions({ clock, limits, settings }: Gate, events: ClientEvents): Questions {
  const perS = settings.limits.evaluationsPerS
  const onHeld = (): void => {
    limits.held.add('filter_rate')
    events.notice('filter_rate', { perS })
  }
  return createQuestions({ perS, now: clock.now(), onHeld })
}
