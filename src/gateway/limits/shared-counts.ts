import { createHash } from 'node:crypto'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Logger } from '#api'
import { type GatePeers, readPeer } from '../peers.ts'
import { type Counts, createCounts } from './counts.ts'

/**
 * Counts that all gates judge by together. About each second a gate tells the others how many it has of each that nears its limit; their
 * last figures count beside its own, until they are too old.
 */
export interface SharedCounts {
  readonly addresses: Counts
  readonly users: Counts
  /** Tells the others, when it is time to. */
  tick(now: number): void
  /** Hears of the others no more, and tells them that what it has counts no more. */
  close(): Promise<void>
}

export interface SharedCountsOptions {
  readonly limits: { readonly sessionsPerAddress: number; readonly sessionsPerUser: number }
  readonly peers: GatePeers
  readonly now: () => number
  readonly log: Logger
}

/** How often (ms) the others are told, and told the same again; how long figures are good for, and how long an answer may take. */
const [tellMs, againMs, goodMs, askMs] = [1000, 2000, 10_000, 1000]
/** Of how many of one kind a gate tells, those with the most first. */
const maxTold = 2000
/** Of how many gates one remembers what they told, and of how many processes of one of them: no machine may take the room of all others. */
const [maxGates, maxProcesses] = [256, 64]
const what = 'counts'

const list = Type.Array(Type.Tuple([Type.String({ maxLength: 16 }), Type.Integer({ minimum: 1 })]), {
  maxItems: maxTold,
})
const toldSchema = Type.Object({ addresses: list, users: list })
type Told = Static<typeof toldSchema>
const isTold = new Ajv().compile<Told>(toldSchema)
const kinds = ['addresses', 'users'] as const
const nobody = JSON.stringify({ addresses: [], users: [] } satisfies Told)

export function createSharedCounts({ limits, peers, now, log }: SharedCountsOptions): SharedCounts {
  const others = new Map<string, { readonly told: Told; readonly until: number }>()
  const [addresses, users] = [createHeard(limits.sessionsPerAddress), createHeard(limits.sessionsPerUser)]
  const of = { addresses, users }
  // Until it is known how many gates there are, everything may be near its limit.
  let gates = Number.POSITIVE_INFINITY
  let tellsAt = now()
  let said = nobody
  let saidAt = 0
  let isTelling = false

  const forget = (gate: string): void => {
    const { told } = others.get(gate) ?? {}
    others.delete(gate)
    if (told) for (const kind of kinds) of[kind].add(told[kind], -1)
  }
  const hear = (told: Told, from: readonly string[]): void => {
    const gate = nameOf(from)
    forget(gate)
    if (told.addresses.length + told.users.length === 0) return
    const processes = inside(from.slice(0, 1)).length
    if (others.size >= maxGates || processes >= maxProcesses) return
    others.set(gate, { told, until: now() + goodMs })
    for (const kind of kinds) of[kind].add(told[kind], 1)
  }
  const inside = (from: readonly string[]): readonly string[] =>
    [...others.keys()].filter((gate) => gate.startsWith(nameOf(from)))
  const ends = [
    peers.serve(what, (body, from) => {
      const told = readPeer(body, isTold)
      if (told) hear(told, from)
      return nothing
    }),
    peers.serve('gone', (_, from) => {
      for (const gate of inside(from)) forget(gate)
      return nothing
    }),
  ]
  const ask = async (about: string, text: string): Promise<void> => {
    try {
      gates = 1 + (await peers.ask(about, Buffer.from(text), askMs)).length
    } catch (error) {
      log.warn({ what: about, err: error }, 'other gates not told')
    }
  }
  const tell = async (text: string): Promise<void> => {
    isTelling = true
    await ask(what, text)
    isTelling = false
  }

  return {
    addresses: addresses.counts,
    users: users.counts,
    tick(at) {
      if (tellsAt > at || isTelling) return
      tellsAt = at + tellMs
      for (const [gate, { until }] of others) if (until <= at) forget(gate)
      const told: Told = { addresses: addresses.near(gates), users: users.near(gates) }
      const text = JSON.stringify(told)
      if (text === said && saidAt + againMs > at) return
      // Who has nobody, and said so, is quiet.
      if (text === said && addresses.counts.size() + users.counts.size() === 0) return
      said = text
      saidAt = at
      void tell(text)
    },
    async close() {
      for (const end of ends) end()
      if (said !== nobody) await ask('gone', '')
    },
  }
}

interface Heard {
  readonly counts: Counts
  /** Adds what a gate has, or takes it away again. */
  add(told: Told['users'], times: 1 | -1): void
  /** What the others have to know: any of that which could be at its limit, with so many gates. */
  near(gates: number): Told['users']
}

/** Counts under a short name of constant length that tells nobody who it is. */
function createHeard(most: number): Heard {
  const elsewhere = new Map<string, number>()
  const counts = createCounts(most, (key) => elsewhere.get(key) ?? 0)
  return {
    counts: {
      ...counts,
      enter: (key) => most === 0 || counts.enter(markOf(key)),
      leave(key) {
        if (most > 0) counts.leave(markOf(key))
      },
      of: (key) => counts.of(markOf(key)),
    },
    add(told, times) {
      for (const [key, count] of told) {
        const sum = (elsewhere.get(key) ?? 0) + times * Math.min(count, most)
        if (sum > 0) elsewhere.set(key, sum)
        else elsewhere.delete(key)
      }
    },
    near(gates) {
      // Of what all have together as many as there may be, one of them has this many.
      const least = Math.max(1, Math.ceil(most / gates))
      const sum = ([key, count]: readonly [string, number]): number => count + (elsewhere.get(key) ?? 0)
      const found = [...counts.all()]
        .filter((each) => sum(each) >= least)
        .map(([key, count]): [string, number] => [key, count])
      if (found.length <= maxTold) return found
      return found.toSorted((a, b) => sum(b) - sum(a)).slice(0, maxTold)
    },
  }
}

/** No name of a gate is the beginning of another's. */
const nameOf = (from: readonly string[]): string => from.map((name) => `${JSON.stringify(name)},`).join('')
const nothing = Buffer.alloc(0)

const markOf = (key: string): string => createHash('sha256').update(key).digest('base64').slice(0, 12)
