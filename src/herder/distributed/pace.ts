import type { AssignorInput, AssignorMemory } from './assignor.ts'
import type { WorkSets } from './work-sets.ts'

type Revocations = ReadonlyMap<string, WorkSets>
type Pacing = Pick<AssignorMemory, 'waitUntil' | 'revokedBefore' | 'revokedInRow'>

export interface Paced extends Pacing {
  readonly revoked: Revocations
}

/** The pause before the n-th further revocation in a row, no longer than the delay for lost work. */
const backOffMs = (n: number, maxDelayMs: number): number => Math.min(40 ** n, maxDelayMs)

/** Whether the surplus is given up now. A first time at once; if that was not enough, the next times after pauses that grow; not while lost work waits. */
export function pace(wanted: Revocations, last: Pacing, input: Pick<AssignorInput, 'now' | 'maxDelayMs'>): Paced {
  const { waitUntil, revokedBefore, revokedInRow } = last
  const none: Revocations = new Map()
  if (waitUntil !== 0) return { revoked: none, waitUntil, revokedBefore, revokedInRow }
  if (wanted.size === 0)
    return { revoked: none, waitUntil, revokedBefore: false, revokedInRow: revokedBefore ? 0 : revokedInRow }
  if (!revokedBefore) return { revoked: wanted, waitUntil, revokedBefore: true, revokedInRow }
  const pause = backOffMs(revokedInRow + 1, input.maxDelayMs)
  const next = { revokedBefore: true, revokedInRow: revokedInRow + 1 }
  return pause === 0
    ? { ...next, revoked: wanted, waitUntil }
    : { ...next, revoked: none, waitUntil: input.now + pause }
}
