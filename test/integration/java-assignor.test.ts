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
  usualHistory,
} from '../support/assignor-cluster.ts'
import { type JavaProgram, startJavaProgram } from '../support/java.ts'

let java: JavaProgram
beforeAll(async () => {
  java = await startJavaProgram('Assignor')
}, 300_000)
afterAll(() => java.close())

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
  const decided = await java.ask<Decided>({
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

/** Runs, is not configured, and this leader does not know of it: Kafka Connect lets it run until the rebalance after the next, this worker ends it at once. */
function strays(input: AssignorInput, memory: AssignorMemory): boolean {
  const known = new Set(memory.generation === input.lastGeneration ? namesOf(memory.former) : [])
  const configured = new Set(namesOf(input.configured))
  return [...input.members.values()].flatMap(namesOf).some((name) => !configured.has(name) && !known.has(name))
}

let leaders = 0
let histories = 0
let decisions = 0
let differences = 0

async function compare(events: readonly ClusterEvent[], delayMs: number): Promise<void> {
  const cluster = modelCluster(delayMs)
  histories += 1
  let leader = -1
  let memory = noMemory
  for (const event of [...events, { kind: 'pass' as const, ms: delayMs + 1 }]) {
    cluster.happen(event)
    for (let again = true, rounds = 0; again && rounds < 4; rounds++) {
      if (leader !== cluster.leader()) {
        memory = noMemory
        leaders += 1
      }
      leader = cluster.leader()
      const input = cluster.ask()
      const decided = assignWork(input, memory)
      if (strays(input, memory)) {
        differences += 1
        cluster.happen({ kind: 'elect' })
      } else {
        decisions += 1
        expect(ours(decided)).toEqual(await theirs(`${leaders}`, input, cluster.configured))
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
    { numRuns: 300 },
  )
  process.stderr.write(`${histories} histories, ${decisions} equal decisions, ${differences} different on purpose\n`)
})
