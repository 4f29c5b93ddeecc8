import { backoffDelay } from '../util/backoff.ts'
import { isHopeless } from './hopeless.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface NumberingOptions {
  readonly run: TaskRun
  readonly deps: WorkerDeps
  /** Makes the last commit for whoever gets the numbered task now. */
  leave(): Promise<void>
  /** Gets ready to act as the numbered one. Rejects when that cannot be done at this moment. */
  takeOver(): Promise<void>
}

/**
 * Whether a reader acts as its connector's numbered task: commits, dead letter queue, error reports. It follows `run.numbered()`, between two
 * batches, so that a move of the numbered task neither stops nor doubles what is read.
 */
export interface Numbering {
  isNumbered(): boolean
  /** Draws the conclusions from a change. Rejects when it can never act as the numbered one. */
  follow(): Promise<void>
}

const backoff = { initialMs: 250, maxMs: 10_000, jitter: 0.2 }

export function createNumbering({ run, deps, leave, takeOver }: NumberingOptions): Numbering {
  let acts = run.numbered()
  let attempt = 0
  let nextTry = 0
  run.actsNumbered(acts)

  async function take(): Promise<void> {
    if (deps.clock.now() < nextTry) return
    try {
      await takeOver()
    } catch (error) {
      if (run.signal.aborted) return
      if (isHopeless(error)) throw error
      nextTry = deps.clock.now() + backoffDelay(attempt++, backoff)
      run.log.warn({ error }, 'the numbered task cannot be taken over yet, which is tried again')
      return
    }
    attempt = 0
    nextTry = 0
    acts = true
    run.actsNumbered(true)
    run.log.info({}, 'the reader has become the numbered task')
  }

  return {
    // Between a loss and the next look nothing may be committed any more.
    isNumbered: () => acts && (run.numbered() || run.handsOver()),
    async follow() {
      if (run.numbered() === acts) return
      if (!acts) return take()
      if (run.handsOver()) await leave()
      acts = false
      run.actsNumbered(false)
      run.log.info({}, 'the numbered task has moved; the reader goes on')
    },
  }
}
