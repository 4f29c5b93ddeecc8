import { kinds, noWork, type WorkSets } from './work-sets.ts'

/** What each worker has, workers in the order of their names. */
export type Loads = ReadonlyMap<string, WorkSets>

/**
 * What workers have beyond their share: each may have the whole part of `total / workers`, and as many as there is a remainder one more.
 * Nothing else has to move for the rest to be spread evenly. Workers without surplus are not in it.
 */
export function surplus(total: WorkSets, loads: Loads): ReadonlyMap<string, WorkSets> {
  const found = new Map<string, WorkSets>()
  for (const kind of kinds) {
    const share = Math.floor(total[kind].size / loads.size)
    let extras = total[kind].size % loads.size
    for (const [worker, load] of loads) {
      const beyond = load[kind].size - share
      if (beyond <= 0) continue
      const tooMany = extras > 0 ? beyond - 1 : beyond
      extras -= 1
      if (tooMany === 0) continue
      const from = found.get(worker) ?? noWork()
      for (const each of [...load[kind]].slice(0, tooMany)) from[kind].add(each)
      found.set(worker, from)
    }
  }
  return found
}

/** Gives each to the worker that has least of its kind; among equals to who had less before, then to the first by name. Changes `loads`. */
export function spread(work: WorkSets, loads: Loads): void {
  for (const kind of kinds) {
    const workers = [...loads].map(([, load]) => load[kind]).toSorted((a, b) => a.size - b.size)
    for (const each of work[kind]) least(workers).add(each)
  }
}

function least(workers: readonly Set<string>[]): Set<string> {
  return workers.reduce((a, b) => (b.size < a.size ? b : a))
}

/** Gives one to each worker in turn, however much it has. Changes `loads`. */
export function deal(work: WorkSets, to: readonly WorkSets[]): void {
  for (const kind of kinds) [...work[kind]].forEach((each, at) => to[at % to.length]?.[kind].add(each))
}
