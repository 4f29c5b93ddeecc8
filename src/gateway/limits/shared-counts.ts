import { createHash, randomUUID } from 'node:crypto'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Logger } from '#api'
import type { GatePeers } from '../peers.ts'
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
  /** Hears of the others no more. */
  close(): void
}

export interface SharedCountsOptions {
  readonly limits: { readonly sessionsPerAddress: number; readonly sessionsPerUser: number }
  readonly peers: GatePeers
  readonly now: () => number
  readonly log: Logger
}

/** How often (ms) the others are told, and told the same again; how long figures are good for, and how long an answer may take. */
const [tellMs, againMs, goodMs, askMs] = [1000, 2000, 10_000, 1000]
/** Of how many of one kind a gate tells, those with the most first; and of how many gates one remembers what they told. */
const [maxTold, maxGates] = [2000, 256]
const what = 'counts'

const list = Type.Array(Type.Tuple([Type.String({ maxLength: 16 }), Type.Integer({ minimum: 1 })]), {
  maxItems: maxTold,
})
const toldSchema = Type.Object({ gate: Type.String({ maxLength: 64 }), addresses: list, users: list })
type Told = Static<typeof toldSchema>
const isTold = new Ajv().compile<Told>(toldSchema)
const kinds = ['addresses', 'users'] as const

export function createSharedCounts({ limits, peers, now, log }: SharedCountsOptions): SharedCounts {
  const own = randomUUID()
  const others = new Map<string, { readonly told: Told; readonly until: number }>()
  const [addresses, users] = [createHeard(limits.sessionsPerAddress), createHeard(limits.sessionsPerUser)]
  const of = { addresses, users }
  // Until it is known how many gates there are, everything may be near its limit.
  let gates = Number.POSITIVE_INFINITY
  let tellsAt = now()
  let said = JSON.stringify({ gate: own, addresses: [], users: [] } satisfies Told)
  let saidAt = 0
  let isTelling = false

  const forget = (gate: string): void => {
    const { told } = others.get(gate) ?? {}
    others.delete(gate)
    if (told) for (const kind of kinds) of[kind].add(told[kind], -1)
  }
  const hear = (told: Told): void => {
    forget(told.gate)
    if (others.size >= maxGates) return
    others.set(told.gate, { told, until: now() + goodMs })
    for (const kind of kinds) of[kind].add(told[kind], 1)
  }
  const endServing = peers.serve(what, (body) => {
    const told = read(body)
    if (told) hear(told)
    return Buffer.alloc(0)
  })
  const tell = async (text: string): Promise<void> => {
    isTelling = true
    try {
      gates = 1 + (await peers.ask(what, Buffer.from(text), askMs)).length
    } catch (error) {
      log.warn({ what, err: error }, 'other gates not told')
    } finally {
      isTelling = false
    }
  }

  return {
    addresses: addresses.counts,
    users: users.counts,
    tick(at) {
      if (tellsAt > at || isTelling) return
      tellsAt = at + tellMs
      for (const [gate, { until }] of others) if (until <= at) forget(gate)
      const told: Told = { gate: own, addresses: addresses.near(gates), users: users.near(gates) }
      const text = JSON.stringify(told)
      if (text === said && saidAt + againMs > at) return
      // Who has nobody, and said so, is quiet.
      if (text === said && addresses.counts.size() + users.counts.size() === 0) return
      said = text
      saidAt = at
      void tell(text)
    },
    close: endServing,
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
        const sum = (elsewhere.get(key) ?? 0) + times * count
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

const markOf = (key: string): string => createHash('sha256').update(key).digest('base64').slice(0, 12)

function read(body: Buffer): Told | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isTold(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
