import { messageOf } from '#api'
import type { Item } from '../channel-state.ts'
import { type Refusal, refuse } from '../codes.ts'
import type { Granted } from '../protocol.ts'
import type { SnapshotEntry } from './snapshot.ts'

type Candidate = Item | SnapshotEntry

/** Whether a message passes a filter or lies in a box. */
export interface Judge {
  (candidate: Candidate): boolean
  /** How often it goes through a list of the message. */
  readonly lists?: number
}

/** Compiles the text of a filter. Throws an error whose message says what is wrong and where; the function may throw too. */
export type CompileFilter = (
  text: string,
) => (message: { readonly value: unknown; readonly key: string | null; readonly channel: string }) => boolean

/** Makes the judges of a gate: a message is read once, and each distinct filter is asked of it once. */
export interface Judges {
  filter(text: string): Judge | Refusal
  /** `fields`: paths of the two coordinates. */
  box(fields: readonly [string, string], box: NonNullable<Granted['bbox']>): Judge | Refusal
  counts(): FilterCounts
}

export interface FilterCounts {
  /** How often a filter was asked. */
  readonly evaluations: number
  /** How often it could not answer; the message did not pass. */
  readonly errors: number
}

/** What is known of a message, as long as it is the same. */
interface Facts {
  readonly data: string | undefined
  /** Absent until it is read, and again when others took its place; the same holds of the verdicts. */
  read: { readonly value: unknown } | undefined
  readonly verdicts: Map<object, boolean>
  /** What is kept of it, in characters. */
  weight: number
  point: Point | 'none' | undefined
}

type Point = readonly [number, number]

/** What a filter asks of each element of a list. */
const listCalls = /\b(?:exists|exists_one|all)\s*\(/g
/** Filters that are kept compiled. */
const maxFilters = 1000
/** What is kept of messages in all, read and judged, in characters; a verdict counts as some. */
const [maxKept, verdictWeight] = [1024 * 1024, 32]
/** Verdicts on one message. */
const maxVerdicts = 10_000
/** Characters of a message; beyond them it passes no filter and lies in no box. */
const maxMessage = 4 * 1024 * 1024

export function createJudges(compile: CompileFilter | undefined): Judges {
  const known = new WeakMap<Candidate, Facts>()
  const filters = new Map<string, Judge>()
  const kept = new Set<Facts>()
  let [weight, evaluations, errors] = [0, 0, 0]

  const factsOf = (candidate: Candidate): Facts => {
    const { data } = candidate
    const found = known.get(candidate)
    if (found && found.data === data) return found
    const facts: Facts = { data, read: undefined, verdicts: new Map(), weight: 0, point: undefined }
    known.set(candidate, facts)
    return facts
  }
  const forget = (facts: Facts): void => {
    kept.delete(facts)
    weight -= facts.weight
    facts.weight = 0
    facts.read = undefined
    facts.verdicts.clear()
  }
  /** Makes room for what was found out, which those that came first give way to. */
  const keep = (facts: Facts, more: number): void => {
    kept.add(facts)
    facts.weight += more
    weight += more
    for (const oldest of kept) {
      if (weight <= maxKept || oldest === facts) break
      forget(oldest)
    }
  }
  const valueOf = (facts: Facts): unknown => {
    if (facts.read) return facts.read.value
    const { data = 'null' } = facts
    const value = data.length > maxMessage ? undefined : parsed(data)
    facts.read = { value }
    keep(facts, data.length)
    return value
  }

  const parsed = (data: string): unknown => {
    try {
      return JSON.parse(data)
    } catch {
      // What a sink publishes need not be JSON: then there is nothing in it.
      errors++
      return undefined
    }
  }

  const makeFilter = (text: string, passes: ReturnType<CompileFilter>): Judge => {
    const lists = text.match(listCalls)?.length ?? 0
    const judge: Judge = Object.assign(
      (candidate: Candidate): boolean => {
        const facts = factsOf(candidate)
        const former = facts.verdicts.get(judge)
        if (former !== undefined) return former
        const verdict = ask(passes, candidate, valueOf(facts))
        if (facts.verdicts.size >= maxVerdicts) forget(facts)
        facts.verdicts.set(judge, verdict)
        keep(facts, verdictWeight)
        return verdict
      },
      { lists },
    )
    const [oldest] = filters.keys()
    if (filters.size >= maxFilters && oldest !== undefined) filters.delete(oldest)
    filters.set(text, judge)
    return judge
  }
  const ask = (passes: ReturnType<CompileFilter>, { key, channel }: Candidate, value: unknown): boolean => {
    evaluations++
    try {
      return passes({ value, key: key ?? null, channel: channel.name })
    } catch {
      // A message that has not what the filter names: counted, since each may be such a one.
      errors++
      return false
    }
  }

  return {
    filter(text) {
      const made = filters.get(text)
      if (made) return made
      if (!compile) return refuse('unsupported', 'This gate has no filters.', { field: 'filter' })
      try {
        return makeFilter(text, compile(text))
      } catch (error) {
        return refuse('bad_filter', messageOf(error), { field: 'filter' })
      }
    },
    box(fields, [min1, max1, min2, max2]) {
      if (min1 > max1)
        return refuse(
          'bad_request',
          `The box is turned round in ${fields[0]}, whose least is ${min1} and greatest ${max1}: only the second pair may be.`,
          { field: 'bbox' },
        )
      const [first, second] = fields.map((path) => path.split('.'))
      return (candidate) => {
        const facts = factsOf(candidate)
        facts.point ??= pointOf(valueOf(facts), first ?? [], second ?? [])
        if (facts.point === 'none') return false
        const [x, y] = facts.point
        return x >= min1 && x <= max1 && (min2 <= max2 ? y >= min2 && y <= max2 : y >= min2 || y <= max2)
      }
    },
    counts: () => ({ evaluations, errors }),
  }
}

function pointOf(value: unknown, first: readonly string[], second: readonly string[]): Point | 'none' {
  const [x, y] = [memberAt(value, first), memberAt(value, second)]
  return typeof x === 'number' && typeof y === 'number' ? [x, y] : 'none'
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return at
}
