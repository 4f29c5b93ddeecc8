import type { AssignorInput, AssignorMemory } from './assignor.ts'
import type { Loads } from './balance.ts'
import type { Work } from './connect-protocol.ts'
import { add, isIdle, noWork, shared, toSets, toWork, union, type WorkSets, without } from './work-sets.ts'

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
 * Gives lost work back to workers that were restarted at the URL where it was and that run nothing yet; returns what was given.
 * Changes `loads`. Kafka Connect does not look at URLs, so that there it waits until the delay has passed.
 */
export function giveBack(lost: WorkSets, loads: Loads, { urls }: AssignorInput, { homes }: AssignorMemory): WorkSets {
  const given = noWork()
  for (const [worker, load] of loads) {
    const home = homes.get(urls?.get(worker) ?? '')
    if (home === undefined || !isIdle(load)) continue
    const own = without(shared(toSets(home), lost), given)
    add(load, own)
    add(given, own)
  }
  return given
}

/** What is at each URL now, and of those that are gone what is still lost. */
export function homesAfter(
  lost: WorkSets,
  loads: Loads,
  { urls }: AssignorInput,
  memory: AssignorMemory,
): ReadonlyMap<string, Work> {
  const found = new Map<string, Work>()
  const waiting = without(lost, ...loads.values())
  for (const [url, work] of memory.homes) {
    const left = shared(toSets(work), waiting)
    if (!isIdle(left)) found.set(url, toWork(left))
  }
  for (const [worker, load] of loads) {
    const url = urls?.get(worker)
    if (url !== undefined) found.set(url, toWork(union(toSets(found.get(url) ?? nothing), load)))
  }
  return found
}

const nothing: Work = { connectors: [], tasks: [] }

/**
 * What becomes of work that was assigned and that nobody reports. Its worker may be back before the delay has passed; until then it
 * waits, and goes then to workers that came with nothing meanwhile, or else to all.
 */
export function lostWork(lost: WorkSets, loads: Loads, input: AssignorInput, memory: AssignorMemory): LostWork {
  const { maxDelayMs, now } = input
  const ended = { spread: noWork(), dealt: noWork(), to: [], waitUntil: 0, candidates: [], waited: false }
  if (isIdle(lost)) return ended
  // All who were there still are: the last decision did not reach one of them.
  const allHere = memory.waitUntil === 0 && [...memory.members].every((member) => loads.has(member))
  if (maxDelayMs === 0 || allHere) return { ...ended, spread: lost }
  const waitUntil = memory.waitUntil === 0 ? now + maxDelayMs : Math.min(memory.waitUntil, now + maxDelayMs)
  if (now >= waitUntil) {
    const to = memory.candidates.filter((each) => loads.has(each))
    return { ...ended, waited: true, ...(to.length > 0 ? { dealt: lost, to } : { spread: lost }) }
  }
  const empty = [...loads].filter(([, load]) => isIdle(load)).map(([worker]) => worker)
  return { ...ended, waitUntil, candidates: [...new Set([...memory.candidates, ...empty])] }
}
