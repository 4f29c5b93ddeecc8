import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '#api'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    // The only rejection is the abort, and that is an answer here.
    delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
}
