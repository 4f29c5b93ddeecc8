import type { Work } from './connect-protocol.ts'

/** What the assignor remembers between two rebalances that the same leader decides. A new leader begins with `noMemory`. */
export interface AssignorMemory {
  /** What was assigned in the last rebalance, by worker. */
  readonly former: ReadonlyMap<string, Work>
  /** The generation of that rebalance. */
  readonly generation: number
  /** When the wait for lost work ends (ms since the epoch); 0: nobody waits. */
  readonly waitUntil: number
  /** Empty workers that came while lost work waits: they get it first. */
  readonly candidates: ReadonlySet<string>
  /** Revoking rebalances in a row, for their back-off. */
  readonly revokedInRow: number
  /** Before this moment (ms) nothing is revoked for balance alone; 0: at any time. */
  readonly noRevocationBefore: number
}

export interface AssignorInput {
  /** What is configured: all connectors and tasks that should run. */
  readonly configured: Work
  /** What each member says that it runs. */
  readonly members: ReadonlyMap<string, Work>
  readonly generation: number
  /** The generation before this one, as far as the members knew it. */
  readonly maxDelayMs: number
  readonly now: number
}

export interface AssignorResult {
  readonly assigned: ReadonlyMap<string, Work>
  readonly revoked: ReadonlyMap<string, Work>
  /** Milliseconds until all join again; 0: no need. */
  readonly delay: number
  readonly memory: AssignorMemory
}
