import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AssignorInput,
  type AssignorMemory,
  type AssignorResult,
  assignWork,
  noMemory,
} from '../../src/herder/distributed/assignor.ts'
import type { Work } from '../../src/herder/distributed/connect-protocol.ts'
import {
  anyHistory,
  type ClusterEvent,
  maxDelayMs,
  modelCluster,
  namesOf,
  noWork,
  usualHistory,
} from '../support/assignor-cluster.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'
import { scale } from '../support/scale.ts'

let program: JavaProgram
beforeAll(async () => {
  program = await startJavaProgram('Assignor')
}, 300_000)
afterAll(async () => {
  process.stderr.write(
    `${histories} histories, ${decisions} equal decisions, otherwise: ${JSON.stringify([...differences])}\n`,
  )
  await program.close()
})

type ByMember = Readonly<Record<string, readonly string[]>>

interface Decided {
  readonly delay: number
  readonly newlyAssigned: ByMember
  readonly newlyRevoked: ByMember
  readonly allAssigned: ByMember
}

const named = (work: ReadonlyMap<string, Work>): ByMember =>
  Object.fromEntries([...work].map(([member, each]) => [member, namesOf(each).toSorted()]))
const sorted = (all: ByMember): ByMember =>
  Object.fromEntries(Object.entries(all).map(([member, names]) => [member, names.toSorted()]))

const ours = ({ delay, added, revoked, assigned }: AssignorResult): Decided => ({
  delay,
  newlyAssigned: named(added),
  newlyRevoked: named(revoked),
  allAssigned: named(assigned),
})

async function theirs(leader: string, input: AssignorInput, configured: ReadonlyMap<string, number>): Promise<Decided> {
  const decided = await program.ask<Decided>({
    ...input,
    leader,
    configured: Object.fromEntries(configured),
    members: Object.fromEntries([...input.members].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  })
  return {
    delay: decided.delay,
    newlyAssigned: sorted(decided.newlyAssigned),
    newlyRevoked: sorted(decided.newlyRevoked),
    allAssigned: sorted(decided.allAssigned),
  }
}

const everything = (work: Iterable<Work>) => new Set([...work].flatMap(namesOf))

/** Where this worker decides otherwise on purpose (docs/differences.md); undefined elsewhere. */
function onPurpose(input: AssignorInput, memory: AssignorMemory, java: Decided): string | undefined {
  const former = memory.generation === input.lastGeneration ? everything([memory.former]) : new Set<string>()
  const active = everything(input.members.values())
  const configured = everything([input.configured])
  const lost = [...former].some((name) => configured.has(name) && !active.has(name))
  const allHere = [...memory.members].every((member) => input.members.has(member))
  if ([...active].some((name) => !configured.has(name) && !former.has(name))) return 'unknown work ends at once'
  if (lost && memory.pauseUntil > 0) return 'lost work waits for its own delay'
  const idle = memory.pauseUntil === 0 && !allHere && input.maxDelayMs > 0
  if (!lost && memory.revokedBefore && idle) return 'no wait when nothing is lost'
  const runs = (member: string, name: string) => namesOf(input.members.get(member) ?? noWork).includes(name)
  const unmet = Object.entries(java.newlyRevoked).some(([member, names]) => names.some((name) => !runs(member, name)))
  return unmet ? 'only what runs is revoked' : undefined
}

const numRuns = scale({ small: 300, full: 5000 })
let leaders = 0
let histories = 0
let decisions = 0
const differences = new Map<string, number>()

async function compare(events: readonly ClusterEvent[], delayMs: number): Promise<void> {
  const cluster = modelCluster(delayMs)
  histories += 1
  let leader = -1
  let memory = noMemory
  for (const event of [...events, { kind: 'pass' as const, ms: delayMs + 1 }]) {
    cluster.happen(event)
    // Between other events than the passing of time there is one rebalance only: they come before what was revoked is assigned.
    for (let again = true, rounds = event.kind === 'pass' ? 4 : 1; again && rounds > 0; rounds--) {
      if (leader !== cluster.leader()) {
        memory = noMemory
        leaders += 1
      }
      leader = cluster.leader()
      const input = cluster.ask()
      const decided = assignWork(input, memory)
      const java = await theirs(`${leaders}`, input, cluster.configured)
      const reason = onPurpose(input, memory, java)
      if (reason !== undefined) {
        differences.set(reason, (differences.get(reason) ?? 0) + 1)
        cluster.happen({ kind: 'elect' })
      } else {
        decisions += 1
        const mine = ours(decided)
        if (!isDeepStrictEqual(mine, java)) throw new Error(JSON.stringify({ input, java, mine }))
      }
      memory = decided.memory
      again = cluster.tell(decided)
    }
  }
}

test.each([
  ['of usual events', usualHistory, maxDelayMs],
  ['of usual events without a delay', usualHistory, 0],
  ['of all events', anyHistory, maxDelayMs],
  ['of all events without a delay', anyHistory, 0],
] as const)('decides as Kafka Connect does in histories %s', { timeout: 300_000 }, async (_, history, delayMs) => {
  await fc.assert(
    fc.asyncProperty(history, (events) => compare(events, delayMs)),
    { numRuns },
  )
  expect(decisions).toBeGreaterThan(numRuns)
})
