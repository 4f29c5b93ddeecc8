import type { AssignorInput, AssignorMemory } from './assignor.ts'
import type { Loads } from './balance.ts'
import { isIdle, noWork, type WorkSets } from './work-sets.ts'

export interface LostWork {
  /** To be spread over all workers now. */
  readonly spread: WorkSets
  /** To be dealt to these now. */
  readonly dealt: WorkSets
  readonly to: readonly string[]
  readonly waitUntil: number
  readonly candidates: readonly string[]
  /** The whole wait has passed, so that workers may be relieved again at once. */
  readonly waited: boolean
}

/**
 * What becomes of work that was assigned and that nobody reports. Its worker may be back before the delay has passed, with nothing or with
 * all of it; until then it waits.
 */
export function lostWork(lost: WorkSets, loads: Loads, input: AssignorInput, memory: AssignorMemory): LostWork {
  const { maxDelayMs, now } = input
  const { waitUntil, revokedBefore } = memory
  const rest = { spread: noWork(), dealt: noWork(), to: [], waitUntil, candidates: memory.candidates, waited: false }
  if (isIdle(lost) && !revokedBefore) return { ...rest, waitUntil: 0, candidates: [] }
  const allHere = [...memory.members].every((member) => loads.has(member))
  if (maxDelayMs === 0 || (waitUntil === 0 && allHere)) return { ...rest, spread: lost }
  if (waitUntil > 0 && now >= waitUntil) {
    const to = memory.candidates.filter((each) => loads.has(each))
    const ended = { ...rest, waitUntil: 0, candidates: [], waited: true }
    return to.length > 0 ? { ...ended, dealt: lost, to } : { ...ended, spread: lost }
  }
  const empty = [...loads].filter(([, load]) => isIdle(load)).map(([worker]) => worker)
  const candidates = [...new Set([...memory.candidates, ...empty])]
  return { ...rest, candidates, waitUntil: now + Math.min(waitUntil === 0 ? maxDelayMs : waitUntil - now, maxDelayMs) }
}
