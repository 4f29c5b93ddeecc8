import { deal, type Loads, spread, surplus } from './balance.ts'
import type { Work } from './connect-protocol.ts'
import { giveBack, homesAfter, lostWork } from './lost-work.ts'
import { pace } from './pace.ts'
import { add, noWork, shared, toSets, toWork, union, type WorkSets, without } from './work-sets.ts'

/** What the assignor remembers between two rebalances that the same leader decides. A new leader begins with `noMemory`. */
export interface AssignorMemory {
  /** What was assigned after the last rebalance, with what waits since its worker is gone. */
  readonly former: Work
  /** Who took part in the last rebalance. */
  readonly members: ReadonlySet<string>
  /** The generation of that rebalance; undefined before the first. */
  readonly generation: number | undefined
  /** When the wait for lost work ends (ms since the epoch); 0: nothing is lost. */
  readonly waitUntil: number
  /** What was last at each URL, as long as it is not another's: a worker that was restarted there gets it back at once. */
  readonly homes: ReadonlyMap<string, Work>
  /** Empty workers that came while lost work waits: they get it, in this order. */
  readonly candidates: readonly string[]
  /** Before this moment nothing is revoked for balance; 0: at any time. */
  readonly pauseUntil: number
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
  /** Where each member is; without, a restarted worker is like any that is new. */
  readonly urls?: ReadonlyMap<string, string>
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
  homes: new Map(),
  candidates: [],
  pauseUntil: 0,
  revokedBefore: false,
  revokedInRow: 0,
}

const mapped = <A, B>(map: ReadonlyMap<string, A>, to: (value: A, key: string) => B): Map<string, B> =>
  new Map([...map].map(([key, value]) => [key, to(value, key)]))

/**
 * Decides who runs what, as Kafka Connect's incremental cooperative rebalancing does (KIP-415): what runs stays where it is, workers with
 * more than their share give up the surplus, and what they gave up is assigned in the rebalance that follows. So nothing is ever
 * assigned to two.
 */
export function assignWork(input: AssignorInput, memory: AssignorMemory): AssignorResult {
  const names = [...input.members.keys()].toSorted()
  const running = new Map(names.map((name) => [name, toSets(input.members.get(name) ?? { connectors: [], tasks: [] })]))
  const configured = toSets(input.configured)
  const active = union(...running.values())
  const former = memory.generation === input.lastGeneration ? toSets(memory.former) : noWork()
  const deleted = without(union(former, active), configured)
  const twice = duplicates(running)

  const revoked = mapped(running, (work) => union(shared(work, deleted), shared(work, twice)))
  const next = mapped(running, (work) => without(work, deleted, twice))
  const lost = without(former, active, deleted)
  const returned = giveBack(lost, next, input, memory)
  const fate = lostWork(without(lost, returned), next, input, memory)
  deal(
    fate.dealt,
    fate.to.flatMap((name) => next.get(name) ?? []),
  )

  const revokedBefore = memory.revokedBefore && !fate.waited
  const paced = pace(surplus(configured, next), { ...memory, ...fate, revokedBefore }, input)
  const fresh = union(without(configured, former, active), fate.spread)
  for (const [name, work] of paced.revoked) {
    const ran = running.get(name) ?? noWork()
    add(revoked.get(name) ?? noWork(), shared(work, ran))
    add(fresh, without(work, ran))
    next.set(name, without(next.get(name) ?? noWork(), work))
  }
  spread(fresh, next)

  const until = fate.waitUntil === 0 ? paced.pauseUntil : fate.waitUntil
  return {
    assigned: mapped(next, toWork),
    added: mapped(next, (work, name) => toWork(without(work, running.get(name) ?? noWork()))),
    revoked: mapped(revoked, toWork),
    delay: Math.max(0, until - input.now),
    memory: {
      former: toWork(union(without(union(...next.values()), ...revoked.values()), lost)),
      members: new Set(names),
      generation: input.generation,
      waitUntil: fate.waitUntil,
      homes: homesAfter(lost, next, input, memory),
      candidates: fate.candidates,
      pauseUntil: paced.pauseUntil,
      revokedBefore: paced.revokedBefore,
      revokedInRow: paced.revokedInRow,
    },
  }
}

/** What more than one worker runs. */
function duplicates(running: Loads): WorkSets {
  const seen = noWork()
  const twice = noWork()
  for (const work of running.values()) {
    add(twice, shared(work, seen))
    add(seen, work)
  }
  return twice
}
