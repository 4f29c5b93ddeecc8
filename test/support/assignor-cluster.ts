import fc from 'fast-check'
import type { AssignorInput, AssignorResult } from '../../src/herder/distributed/assignor.ts'
import type { Work } from '../../src/herder/distributed/connect-protocol.ts'

/** What may happen to a cluster; `pick` chooses among what is there. */
export type ClusterEvent =
  | { readonly kind: 'join' }
  | { readonly kind: 'crash'; readonly pick: number }
  /** A worker comes back under the name it had, with nothing. */
  | { readonly kind: 'return'; readonly pick: number }
  | { readonly kind: 'create'; readonly tasks: number }
  | { readonly kind: 'remove'; readonly pick: number }
  | { readonly kind: 'resize'; readonly pick: number; readonly tasks: number }
  | { readonly kind: 'pass'; readonly ms: number }
  /** The next decision reaches nobody, or not this worker. */
  | { readonly kind: 'miss'; readonly pick: number | 'all' }
  /** What one worker runs begins on another as well, as after a worker that was cut off has come back. */
  | { readonly kind: 'double'; readonly pick: number }
  | { readonly kind: 'elect' }

/** One that Kafka Connect's back-off reaches: of 2000 its rounding makes 1999. */
export const maxDelayMs = 5000

const pick = fc.nat(20)
const count = fc.nat(7)
const usual: readonly fc.Arbitrary<ClusterEvent>[] = [
  fc.record({ kind: fc.constant('join' as const) }),
  fc.record({ kind: fc.constant('crash' as const), pick }),
  fc.record({ kind: fc.constant('return' as const), pick }),
  fc.record({ kind: fc.constant('create' as const), tasks: count }),
  fc.record({ kind: fc.constant('remove' as const), pick }),
  fc.record({ kind: fc.constant('resize' as const), pick, tasks: count }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 39, 40, 41, 1599, 1600, 5000, 12_000) }),
]
const rare: readonly fc.Arbitrary<ClusterEvent>[] = [
  fc.record({ kind: fc.constant('miss' as const), pick: fc.oneof(pick, fc.constant('all' as const)) }),
  fc.record({ kind: fc.constant('double' as const), pick }),
  fc.record({ kind: fc.constant('elect' as const) }),
]

/** Workers that come, go and come back, work that is made, changed and removed, and time. */
export const usualHistory = fc.array(fc.oneof(...usual), { maxLength: 40, size: 'max' })

/** As well decisions that do not arrive, work that runs twice and new leaders. */
export const anyHistory = fc.array(fc.oneof(...usual, ...usual, ...rare), { maxLength: 40, size: 'max' })

export const noWork: Work = { connectors: [], tasks: [] }

/** One letter each, and no more than these: so Java's hash sets go through them in this order too. */
const letters = 'ABCDEFGHIJKL'

/** The members of a group and what they run, as far as an assignor sees of it. */
export interface ModelCluster {
  readonly running: ReadonlyMap<string, Work>
  /** Connectors with the numbers of their tasks. */
  readonly configured: ReadonlyMap<string, number>
  /** Counts the leaders. */
  leader(): number
  now(): number
  happen(event: ClusterEvent): void
  /** A worker that is gone comes back with nothing, under another name. */
  comeBack(gone: string, as: string): void
  /** What the leader is asked in the next rebalance. */
  ask(): AssignorInput
  /** Tells the members; whether one of them had to stop something and joins again for it. */
  tell(result: Pick<AssignorResult, 'assigned' | 'revoked'>): boolean
}

export function modelCluster(delayMs = maxDelayMs): ModelCluster {
  const running = new Map<string, Work>([['A', noWork]])
  const configured = new Map<string, number>()
  const gone: string[] = []
  let [workers, connectors, leader, generation, lastGeneration, now] = [1, 0, 0, 0, -1, 1_000_000]
  let missing: ReadonlySet<string> = new Set()

  function nth<T>(of: Iterable<T>, index: number): T | undefined {
    const all = [...of]
    return all[index % Math.max(1, all.length)]
  }

  function happen(event: ClusterEvent): void {
    switch (event.kind) {
      case 'join':
        if (workers < letters.length) running.set(letters.charAt(workers++), noWork)
        return
      case 'crash': {
        const name = nth(running.keys(), event.pick)
        if (name === undefined || running.size === 1) return
        running.delete(name)
        gone.push(name)
        return
      }
      case 'return': {
        const name = nth(gone, event.pick)
        if (name === undefined) return
        gone.splice(gone.indexOf(name), 1)
        running.set(name, noWork)
        return
      }
      case 'create':
        configured.set(`c${connectors++}`, event.tasks)
        return
      case 'remove':
        configured.delete(nth(configured.keys(), event.pick) ?? '')
        return
      case 'resize': {
        const name = nth(configured.keys(), event.pick)
        if (name !== undefined) configured.set(name, event.tasks)
        return
      }
      case 'pass':
        now += event.ms
        return
      case 'miss':
        missing = new Set(event.pick === 'all' ? running.keys() : [nth(running.keys(), event.pick) ?? ''])
        return
      case 'double': {
        const [from, to] = [nth(running.entries(), event.pick), nth(running.entries(), event.pick + 1)]
        if (from !== undefined && to !== undefined && from[0] !== to[0]) running.set(to[0], merged(to[1], from[1]))
        return
      }
      case 'elect':
        leader += 1
    }
  }

  return {
    running,
    configured,
    leader: () => leader,
    now: () => now,
    happen,
    comeBack(name, as) {
      gone.splice(gone.indexOf(name), 1)
      running.set(as, noWork)
    },
    ask: () => ({
      configured: {
        connectors: [...configured.keys()],
        tasks: [...configured].flatMap(([connector, size]) =>
          Array.from({ length: size }, (_, task) => ({ connector, task })),
        ),
      },
      members: new Map(running),
      generation: ++generation,
      lastGeneration,
      maxDelayMs: delayMs,
      now,
    }),
    tell({ assigned, revoked }) {
      if (missing.size < running.size) lastGeneration = generation
      let again = false
      for (const [name, work] of assigned) {
        if (!running.has(name)) throw new Error(`${name} is no member.`)
        if (missing.has(name)) continue
        running.set(name, work)
        const stops = revoked.get(name) ?? noWork
        again ||= stops.connectors.length + stops.tasks.length > 0
      }
      missing = new Set()
      return again
    },
  }
}

/** Names of connectors and, with their numbers, of tasks. */
export const namesOf = (work: Work): readonly string[] => [
  ...work.connectors,
  ...work.tasks.map(({ connector, task }) => `${connector}-${task}`),
]

function merged(a: Work, b: Work): Work {
  const tasks = new Map([...a.tasks, ...b.tasks].map((task) => [`${task.connector}-${task.task}`, task]))
  return { connectors: [...new Set([...a.connectors, ...b.connectors])], tasks: [...tasks.values()] }
}
