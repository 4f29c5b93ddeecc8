import { FencedError, UnknownOutcomeError } from '../kafka/index.ts'
import type { ExactlyOnceTask, RestartConfig } from '../runtime/index.ts'

/**
 * For tasks whose transactions were cut off, however `errors.restart.*` are set. The first wait is longer than a heartbeat takes to tell a
 * worker that was frozen that its tasks are others' by now.
 */
export const anewConfig: RestartConfig = {
  'errors.restart.enable': true,
  'errors.restart.max': Number.MAX_SAFE_INTEGER,
  'errors.restart.window.ms': 600_000,
  'errors.restart.backoff.ms': 5000,
  'errors.restart.backoff.max.ms': 60_000,
}

/**
 * Whether a task lost its producer, or never learnt how its transaction ended: Kafka was away for longer than `transaction.timeout.ms`, say.
 * What is stored tells it where to go on, if the task is still its worker's.
 */
export function wasCutOff(error: unknown): boolean {
  let each = error
  for (let depth = 0; depth < 20 && each instanceof Error; depth++) {
    if (each instanceof FencedError || each instanceof UnknownOutcomeError) return true
    each = each.cause
  }
  return false
}

/** Asks whether the task is still this worker's before anything is fenced: it may be its successor that has fenced it. */
export const verifiedFirst = (task: ExactlyOnceTask): ExactlyOnceTask => ({
  ...task,
  async fence() {
    await task.verify()
    await task.fence()
  },
})
