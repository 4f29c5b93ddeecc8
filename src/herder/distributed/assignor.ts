import type { Work } from './connect-protocol.ts'

/** What the assignor remembers between two rebalances that the same leader decides. A new leader begins with `noMemory`. */
export interface AssignorMemory {
  /** What was assigned after the last rebalance, with what waits since its worker is gone. */
  readonly former: Work
  /** Who took part in the last rebalance. */
  readonly members: ReadonlySet<string>
  /** The generation of that rebalance; undefined before the first. */
  readonly generation: number | undefined
  /** When the wait for lost work, or between two revocations, ends (ms since the epoch); 0: nothing waits. */
  readonly waitUntil: number
  /** Empty workers that came while lost work waits: they get it, in this order. */
  readonly candidates: readonly string[]
  /** The last rebalance that could do so revoked for balance. */
  readonly revokedBefore: boolean
  /** How often a further revocation in a row was put off, for its back-off. */
  readonly revokedInRow: number
}

export interface AssignorInput {
  /** What is configured: all connectors and tasks that should run. */
  readonly configured: Work
  /** What each member says that it runs. */
  readonly members: ReadonlyMap<string, Work>
  /** The generation that is decided. */
  readonly generation: number
  /** The last generation whose decision reached the leader itself; another than the memory's: that decision reached nobody, and what it assigned is not lost but new. */
  readonly lastGeneration: number
  readonly maxDelayMs: number
  readonly now: number
}

export interface AssignorResult {
  /** All that each member is to run after this rebalance: `kept` without `revoked`, and `added`. */
  readonly assigned: ReadonlyMap<string, Work>
  /** What it does not run yet: the `assigned` of Java's bytes, whose members add it to what they have. */
  readonly added: ReadonlyMap<string, Work>
  readonly revoked: ReadonlyMap<string, Work>
  /** Milliseconds until all join again; 0: no need. */
  readonly delay: number
  readonly memory: AssignorMemory
}

export const noMemory: AssignorMemory = {
  former: { connectors: [], tasks: [] },
  members: new Set(),
  generation: undefined,
  waitUntil: 0,
  candidates: [],
  revokedBefore: false,
  revokedInRow: 0,
}
