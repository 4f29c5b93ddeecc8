import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AssignorMemory,
  type AssignorResult,
  assignWork,
  noMemory,
} from '../../../src/herder/distributed/assignor.ts'
import type { Work } from '../../../src/herder/distributed/connect-protocol.ts'
import {
  anyHistory,
  type ClusterEvent,
  type ModelCluster,
  maxDelayMs,
  modelCluster,
  namesOf,
  usualHistory,
} from '../../support/assignor-cluster.ts'

/** A cluster with the memory of its leader. */
function startCluster(delayMs = maxDelayMs, urls?: ReadonlyMap<string, string>) {
  const cluster = modelCluster(delayMs)
  let memory: AssignorMemory = noMemory
  let leader = 0
  return {
    ...cluster,
    rebalance(): AssignorResult & { readonly again: boolean } {
      if (leader !== cluster.leader()) memory = noMemory
      leader = cluster.leader()
      const ran = new Map(cluster.running)
      const input = cluster.ask()
      const result = assignWork(urls === undefined ? input : { ...input, urls }, memory)
      memory = result.memory
      const wrong = broken(ran, result)
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
      return { ...result, again: cluster.tell(result) }
    },
    /** Rebalances until nothing is left to do; the number of rebalances. */
    settle(): number {
      for (let rounds = 1; rounds < 20; rounds++) {
        const { again, delay } = this.rebalance()
        if (again) continue
        if (delay === 0) return rounds
        cluster.happen({ kind: 'pass', ms: delay })
      }
      throw new Error('The cluster does not come to rest.')
    },
    play(events: readonly ClusterEvent[]): void {
      for (const event of events) {
        cluster.happen(event)
        if (event.kind !== 'pass') this.rebalance()
      }
    },
  }
}

type Assigned = ReadonlyMap<string, Work>
const holders = (work: Assigned): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const [member, each] of work)
    for (const name of namesOf(each)) found.set(name, [...(found.get(name) ?? []), member])
  return found
}

/** What no single decision may do: give what another still runs, take what is not run, drop what it does not take. */
function broken(ran: Assigned, { assigned, added, revoked }: AssignorResult): readonly string[] {
  const [before, after, given, taken] = [ran, assigned, added, revoked].map(holders)
  const wrong: string[] = []
  for (const [name, members] of after ?? [])
    if (members.length > 1) wrong.push(`${name} is assigned to ${members.join()}`)
  for (const [name, members] of given ?? [])
    if (before?.has(name)) wrong.push(`${name} runs and is given to ${members.join()}`)
  for (const [name, members] of taken ?? [])
    for (const member of members) if (!before?.get(name)?.includes(member)) wrong.push(`${member} does not run ${name}`)
  for (const [name, members] of before ?? [])
    for (const member of members) {
      const [keeps, stops] = [after?.get(name)?.includes(member), taken?.get(name)?.includes(member)]
      if (keeps === stops) wrong.push(`${member} is told both or nothing of ${name}`)
    }
  return wrong
}

const sizes = (cluster: ModelCluster, kind: keyof Work) =>
  [...cluster.running.values()].map((work) => work[kind].length)
const uneven = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts)

function expectRest(cluster: ModelCluster): void {
  const wanted = [...cluster.configured].flatMap(([name, count]) => [
    name,
    ...Array.from({ length: count }, (_, task) => `${name}-${task}`),
  ])
  expect([...cluster.running.values()].flatMap(namesOf).toSorted()).toEqual(wanted.toSorted())
  expect(uneven(sizes(cluster, 'connectors'))).toBeLessThanOrEqual(1)
  expect(uneven(sizes(cluster, 'tasks'))).toBeLessThanOrEqual(1)
}

/** Names that a member has in `after` and had not in `before`. */
const gained = (before: Assigned, after: Assigned, member: string): readonly string[] => {
  const had = new Set(namesOf(before.get(member) ?? { connectors: [], tasks: [] }))
  return namesOf(after.get(member) ?? { connectors: [], tasks: [] }).filter((name) => !had.has(name))
}

const delays = fc.constantFrom(0, 1, maxDelayMs)
const check = <T extends readonly unknown[]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  body: (...args: T) => void,
) =>
  fc.assert(
    fc.property(fc.tuple(...arbitraries) as unknown as fc.Arbitrary<T>, (args) => body(...args)),
    { numRuns: 100 },
  )

describe('after any history', () => {
  test('the cluster comes to rest with everything assigned once and evenly', () => {
    let most = 0
    check([anyHistory, delays], (events, delayMs) => {
      const cluster = startCluster(delayMs)
      cluster.play(events)
      most = Math.max(most, cluster.settle())
      expectRest(cluster)
    })
    expect(most).toBeLessThanOrEqual(8)
  })

  test('a rebalance without a change moves nothing', () => {
    check([anyHistory, delays], (events, delayMs) => {
      const cluster = startCluster(delayMs)
      cluster.play(events)
      cluster.settle()
      const before = new Map(cluster.running)
      const { again, delay } = cluster.rebalance()
      expect({ again, delay, running: new Map(cluster.running) }).toEqual({ again: false, delay: 0, running: before })
    })
  })
})

describe('from rest', () => {
  test('a worker that joins takes its share, and nothing else moves', () => {
    check([usualHistory, delays], (events, delayMs) => {
      const cluster = startCluster(delayMs)
      cluster.play(events)
      cluster.settle()
      const before = new Map(cluster.running)
      cluster.happen({ kind: 'join' })
      cluster.settle()
      expectRest(cluster)
      for (const member of before.keys()) expect(gained(before, cluster.running, member)).toEqual([])
      if (cluster.running.size === before.size) return
      // Only what evenness asks for: the others keep all that their share allows.
      const joined = [...cluster.running].find(([member]) => !before.has(member))?.[1]
      expect(joined?.tasks.length).toBe(
        Math.floor(sizes(cluster, 'tasks').reduce((a, b) => a + b) / cluster.running.size),
      )
    })
  })

  test('of a worker that is gone, only its own work moves, and not before the delay', () => {
    check([usualHistory, fc.nat(20)], (events, pick) => {
      const cluster = startCluster()
      cluster.play([...events, { kind: 'join' }])
      cluster.settle()
      const before = new Map(cluster.running)
      cluster.happen({ kind: 'crash', pick })
      const gone = [...before].find(([member]) => !cluster.running.has(member))
      if (gone === undefined) return
      const lost = namesOf(gone[1])
      const { delay } = cluster.rebalance()
      expect(delay).toBe(lost.length > 0 ? maxDelayMs : 0)
      cluster.happen({ kind: 'pass', ms: Math.max(0, delay - 1) })
      cluster.rebalance()
      for (const member of cluster.running.keys()) expect(cluster.running.get(member)).toEqual(before.get(member))
      cluster.settle()
      expectRest(cluster)
      const moved = [...cluster.running.keys()].flatMap((member) => gained(before, cluster.running, member))
      expect(moved.toSorted()).toEqual(lost.toSorted())
    })
  })

  test('lost work waits whatever else happens, and is assigned once the delay is over', () => {
    check([usualHistory, usualHistory, fc.nat(20)], (events, meanwhile, pick) => {
      const cluster = startCluster()
      cluster.play([...events, { kind: 'join' }])
      cluster.settle()
      const before = new Map(cluster.running)
      cluster.happen({ kind: 'crash', pick })
      const gone = [...before].find(([member]) => !cluster.running.has(member))
      if (gone === undefined || namesOf(gone[1]).length === 0) return
      const until = cluster.now() + cluster.rebalance().delay
      for (const event of meanwhile) {
        if (event.kind === 'pass' && cluster.now() + event.ms >= until) continue
        // What is configured anew under the same name is another's to wait for.
        if (event.kind === 'remove' || event.kind === 'resize') continue
        cluster.happen(event)
        cluster.rebalance()
        const now = holders(cluster.running)
        for (const name of namesOf(gone[1])) expect(now.get(name)).toBeUndefined()
      }
      cluster.happen({ kind: 'pass', ms: until - cluster.now() })
      cluster.rebalance()
      cluster.settle()
      const now = holders(cluster.running)
      for (const name of namesOf(gone[1])) expect(now.get(name)).toHaveLength(1)
    })
  })

  test('a worker that is restarted where it was gets its own work back at once, and nothing moves', () => {
    check([usualHistory, fc.nat(20)], (events, pick) => {
      const urls = new Map(Array.from('ABCDEFGHIJKL', (name) => [name, `http://${name}`]))
      const cluster = startCluster(maxDelayMs, urls)
      cluster.play([...events, { kind: 'join' }])
      cluster.settle()
      const before = new Map(cluster.running)
      cluster.happen({ kind: 'crash', pick })
      const gone = [...before].find(([member]) => !cluster.running.has(member))
      if (gone === undefined) return
      cluster.rebalance()
      // Under a name of its own in the group, as Kafka gives it one.
      urls.set(`${gone[0]}'`, `http://${gone[0]}`)
      cluster.comeBack(gone[0], `${gone[0]}'`)
      const { again, delay } = cluster.rebalance()
      expect({ again, delay, back: cluster.running.get(`${gone[0]}'`) }).toEqual({
        again: false,
        delay: 0,
        back: gone[1],
      })
      const others = (all: Assigned) => [...all].filter(([member]) => !member.startsWith(gone[0]))
      expect(others(cluster.running)).toEqual(others(before))
    })
  })
})

test('workers that go on joining are relieved at growing intervals', () => {
  const cluster = startCluster(300_000)
  cluster.play([{ kind: 'create', tasks: 40 }])
  const pauses: number[] = []
  for (let joins = 0; joins < 6; joins++) {
    cluster.happen({ kind: 'join' })
    const { delay } = cluster.rebalance()
    if (delay === 0) continue
    pauses.push(delay)
    cluster.happen({ kind: 'pass', ms: delay })
    cluster.rebalance()
  }
  expect(pauses).toEqual([40, 1600, 64_000, 300_000, 300_000])
})
