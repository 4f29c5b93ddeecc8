import type { Random } from './random.ts'
import { randomSchema, structSchema } from './schemas.ts'
import { fieldNames, freeMap, freeValue, valueFor } from './values.ts'
import type { Wire, WireSchema } from './wire.ts'

export interface Data {
  readonly schema: WireSchema | null
  readonly value: Wire
}

export interface Given {
  readonly props: Readonly<Record<string, string>>
  readonly data: Data
  /** Instead of the topics that others have. */
  readonly topic?: string
}

export const withNulls = (random: Random): Readonly<Record<string, string>> =>
  random.chance(0.45) ? { 'replace.null.with.default': random.pick(['false', 'false', 'true']) } : {}

/** Names for an option: mostly of fields that the data has, now and then of others, twice, or none. */
export function names(random: Random, { schema, value }: Data): string {
  const own =
    schema?.fields?.map(({ name }) => name) ??
    (value?.t === 'map' ? value.v.map(([key]) => (key?.t === 'string' ? key.v : '')) : [])
  const some = random.some(own, 0.4)
  const list = some.length === 0 && own.length > 0 && random.chance(0.9) ? [random.pick(own)] : some
  const others = random.chance(0.12) ? [random.pick([...fieldNames, 'missing'])] : []
  return [...list, ...others, ...(random.chance(0.08) ? list : [])].join()
}

/** Mostly a struct or a map, sometimes anything or nothing. */
export function fields(random: Random, structDefaults = false): Data {
  if (random.chance(0.12)) return anything(random)
  if (random.chance(0.35)) return { schema: null, value: freeMap(random) }
  const schema = structSchema(random, 0, structDefaults)
  return { schema, value: valueFor(random, schema, random.chance(0.2)) }
}

export function anything(random: Random): Data {
  if (random.chance(0.1)) return { schema: null, value: null }
  if (random.chance(0.3)) return { schema: null, value: freeValue(random) }
  const schema = randomSchema(random)
  return { schema, value: valueFor(random, schema) }
}
