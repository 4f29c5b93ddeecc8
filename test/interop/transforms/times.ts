import { logicalNames } from '#api'
import { anything, type Data, fields, type Given, withNulls } from './data.ts'
import { dateText, pattern } from './formats.ts'
import type { Random } from './random.ts'
import { decorated, structSchema } from './schemas.ts'
import { freeMap, freeValue, timestamps, valueFor } from './values.ts'
import type { Wire, WireSchema } from './wire.ts'

/** Times of all kinds, alone or in a field, and options that mostly fit them. */
export function timestampConverter(random: Random): Given {
  const field = random.chance(0.6) ? random.pick(['a', 'b', 'c']) : ''
  const target = random.pick(['string', 'unix', 'Date', 'Time', 'Timestamp', ...(random.chance(0.05) ? ['date'] : [])])
  const format = random.chance(0.85) ? pattern(random) : ''
  const data = field === '' && random.chance(0.9) ? timeData(random, format) : structOfTimes(random, field, format)
  const precision = random.chance(0.5)
    ? { 'unix.precision': random.pick(['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'SECONDS']) }
    : {}
  const named: Record<string, string> = field === '' && random.chance(0.5) ? {} : { field }
  const formatted: Record<string, string> = format === '' && random.chance(0.5) ? {} : { format }
  return { props: { ...named, ...formatted, 'target.type': target, ...precision, ...withNulls(random) }, data }
}

const timeSchemas: readonly WireSchema[] = [
  { type: 'string' },
  { type: 'int64' },
  { type: 'int32', name: logicalNames.date, version: 1 },
  { type: 'int32', name: logicalNames.time, version: 1 },
  { type: 'int64', name: logicalNames.timestamp, version: 1 },
]

function timeData(random: Random, format: string): Data {
  if (random.chance(0.1)) return anything(random)
  if (random.chance(0.3)) return { schema: null, value: freeTime(random, format) }
  const schema = random.pick(timeSchemas)
  const optional = { ...schema, ...(random.chance(0.4) && { optional: true }) }
  return { schema: optional, value: timeFor(random, optional, format) }
}

const freeTime = (random: Random, format: string): Wire =>
  random.pick<() => Wire>([
    () => ({ t: 'string', v: dateText(random, format) }),
    () => ({ t: 'long', v: random.pick([...timestamps, '9223372036854775807', '1700000000']) }),
    () => freeValue(random),
  ])()

function timeFor(random: Random, schema: WireSchema, format: string): Wire {
  if (schema.optional === true && random.chance(0.2)) return null
  if (schema.type === 'string') return { t: 'string', v: dateText(random, format) }
  if (schema.name === undefined && random.chance(0.7))
    return { t: 'long', v: random.pick([...timestamps, '1700000000', '-1500000001']) }
  return valueFor(random, schema, false)
}

function structOfTimes(random: Random, field: string, format: string): Data {
  if (random.chance(0.3)) {
    const rest = freeMap(random)
    const others = rest?.t === 'map' ? rest.v.filter(([key]) => key?.v !== field) : []
    const own = random.chance(0.9) ? [[{ t: 'string', v: field } as const, freeTime(random, format)] as const] : []
    return { schema: null, value: { t: 'map', v: [...others, ...own] } }
  }
  if (random.chance(0.15)) return fields(random, random.chance(0.2))
  const base = structSchema(random, 1)
  const { optional = false } = decorated(random, { type: 'string' })
  const time = { ...random.pick(timeSchemas), ...(optional && { optional }) }
  const others = (base.fields ?? []).filter(({ name }) => name !== field)
  const schema: WireSchema = { ...base, fields: [...others, { name: field === '' ? 'z' : field, schema: time }] }
  const value = valueFor(random, schema, random.chance(0.1))
  if (value?.t !== 'struct') return { schema, value }
  return {
    schema,
    value: {
      t: 'struct',
      v: value.v.map(([name, item]) => [name, name === field ? timeFor(random, time, format) : item]),
    },
  }
}
