import type { AssignorInput, AssignorMemory } from './assignor.ts'
import type { WorkSets } from './work-sets.ts'

type Revocations = ReadonlyMap<string, WorkSets>
type Pacing = Pick<AssignorMemory, 'pauseUntil' | 'revokedBefore' | 'revokedInRow'>

export interface Paced extends Pacing {
  readonly revoked: Revocations
}

/** The pause before the n-th further revocation in a row, no longer than the delay for lost work. */
const backOffMs = (n: number, maxDelayMs: number): number => Math.min(40 ** n, maxDelayMs)

/**
 * Whether the surplus is given up now: not while lost work waits, a first time at once, and as long as that was not enough
 * again after pauses that grow. A second rebalance within a pause ends it, as in Kafka Connect.
 */
export function pace(
  wanted: Revocations,
  last: Pacing & Pick<AssignorMemory, 'waitUntil'>,
  { now, maxDelayMs }: Pick<AssignorInput, 'now' | 'maxDelayMs'>,
): Paced {
  const { pauseUntil, revokedInRow } = last
  const revoked: Revocations = new Map()
  if (last.waitUntil > 0 || (now < pauseUntil && last.revokedBefore)) {
    return { revoked, pauseUntil: Math.min(pauseUntil, now + maxDelayMs), revokedBefore: false, revokedInRow }
  }
  const revokedBefore = last.revokedBefore && pauseUntil === 0
  if (wanted.size === 0) {
    return { revoked, pauseUntil: 0, revokedBefore: false, revokedInRow: revokedBefore ? 0 : revokedInRow }
  }
  if (!revokedBefore) return { revoked: wanted, pauseUntil: 0, revokedBefore: true, revokedInRow }
  const pause = backOffMs(revokedInRow + 1, maxDelayMs)
  const row = { revokedBefore: true, revokedInRow: revokedInRow + 1 }
  return pause === 0 ? { ...row, revoked: wanted, pauseUntil: 0 } : { ...row, revoked, pauseUntil: now + pause }
}
