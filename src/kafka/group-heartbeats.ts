import type { Clock } from '#api'
import { TimeoutError } from '#api'
import { within } from '../util/within.ts'
import { groupFailure } from './group-errors.ts'

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly everyMs: number
  /** An answer is waited for no longer than this. */
  readonly sessionTimeoutMs: number
  /** Ends a wait. */
  readonly signal: AbortSignal
  /** The member is no longer what it was. */
  isOver(): boolean
  /** Something else is asked, whose answer is held back: who waits for it counts as alive. */
  isHeld(): boolean
  beat(): Promise<unknown>
  answered(): void
  /** All join again. */
  onRebalance(): void
  /** Gets over an error that says nothing of the membership. */
  interrupted(error: unknown, attempt: number): Promise<void>
}

/** Ends when it is over; rejects when the coordinator has put this member out. */
export async function keepAlive(options: HeartbeatOptions): Promise<void> {
  const { clock, everyMs, signal, isOver } = options
  let attempt = 0
  await clock.sleep(everyMs, signal)
  while (!isOver()) {
    try {
      if (!options.isHeld()) await answered(options)
      attempt = 0
      await clock.sleep(everyMs, signal)
    } catch (error) {
      if (isOver()) return
      const kind = groupFailure(error)
      if (kind === 'lost') throw error
      if (kind === 'rebalance') {
        options.answered()
        options.onRebalance()
        await clock.sleep(everyMs, signal)
      } else await options.interrupted(error, attempt++)
    }
  }
}

async function answered(options: HeartbeatOptions): Promise<void> {
  const { sessionTimeoutMs, clock } = options
  if (!(await within(sessionTimeoutMs, options.beat(), clock)))
    throw new TimeoutError(`The group's coordinator has not answered a heartbeat for ${sessionTimeoutMs} ms.`)
  options.answered()
}
