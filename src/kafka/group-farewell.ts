import type { Clock, Logger } from '#api'
import { messageOf } from '#api'
import { within } from '../util/within.ts'
import { groupFailure } from './group-errors.ts'

/** How long the coordinator is waited for when a group is left; then it notices by the session time-out. */
const leaveMs = 2000

/** Never rejects: who has left does not come back because Kafka was away. */
export async function farewell(leaving: Promise<void>, log: Logger, clock: Clock): Promise<void> {
  try {
    if (await within(leaveMs, leaving, clock)) return
    log.warn({}, 'Kafka did not answer when the group was left; it notices by the session time-out')
  } catch (error) {
    if (groupFailure(error) === 'lost') return
    const fields = { error: messageOf(error) }
    log.warn(fields, 'Kafka was not there when the group was left; it notices by the session time-out')
  }
}

/** Undefined when the group was left while it was asked; a rejection is of no interest then. */
export async function unlessLeft<T>(asked: Promise<T>, isLeft: () => boolean): Promise<T | undefined> {
  try {
    const answer = await asked
    return isLeft() ? undefined : answer
  } catch (error) {
    if (isLeft()) return undefined
    throw error
  }
}
