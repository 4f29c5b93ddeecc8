import { logicalNames } from '#api'
import { dateText, pattern } from './formats.ts'
import type { Random } from './random.ts'
import { decorated, randomSchema, structSchema } from './schemas.ts'
import { fieldNames, freeMap, freeValue, text, timestamps, valueFor } from './values.ts'
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

const withNulls = (random: Random): Readonly<Record<string, string>> =>
  random.chance(0.4) ? { 'replace.null.with.default': random.pick(['false', 'true']) } : {}

/** Names for an option: mostly of fields that the data has, now and then of others, twice, or none. */
function names(random: Random, { schema, value }: Data): string {
  const own =
    schema?.fields?.map(({ name }) => name) ??
    (value?.t === 'map' ? value.v.map(([key]) => (key?.t === 'string' ? key.v : '')) : [])
  const some = random.some(own, 0.4)
  const list = some.length === 0 && own.length > 0 && random.chance(0.9) ? [random.pick(own)] : some
  const others = random.chance(0.12) ? [random.pick([...fieldNames, 'missing'])] : []
  return [...list, ...others, ...(random.chance(0.08) ? list : [])].join()
}

/** Mostly a struct or a map, sometimes anything or nothing. */
function fields(random: Random, structDefaults = false): Data {
  if (random.chance(0.12)) return anything(random)
  if (random.chance(0.35)) return { schema: null, value: freeMap(random) }
  const schema = structSchema(random, 0, structDefaults)
  return { schema, value: valueFor(random, schema, random.chance(0.2)) }
}

function anything(random: Random): Data {
  if (random.chance(0.1)) return { schema: null, value: null }
  if (random.chance(0.3)) return { schema: null, value: freeValue(random) }
  const schema = randomSchema(random)
  return { schema, value: valueFor(random, schema) }
}

const castTypes = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string', 'STRING']

function cast(random: Random): Given {
  if (random.chance(0.3)) {
    return {
      props: { spec: random.pick([...castTypes, 'bytes', 'nonsense']), ...withNulls(random) },
      data: anything(random),
    }
  }
  const of = random.some([...fieldNames, 'missing'], 0.4)
  const pairs = of.map((name) => `${name}${random.pick([':', ':', ' : '])}${random.pick(castTypes)}`)
  const odd = random.chance(0.05) ? [random.pick(['a:', ':int8', 'a:b:c', 'int8', 'a:array'])] : []
  return { props: { spec: [...pairs, ...odd].join(), ...withNulls(random) }, data: fields(random, random.chance(0.1)) }
}

const paths = [
  ...fieldNames,
  'missing',
  'n.a',
  'n.b',
  'a.b',
  'b.n.a',
  '`x.y`',
  'n.`x.y`',
  '`n',
  'n..a',
  '',
  '.a',
  'a.',
  '`a`b`.c',
  'd.d.d',
]

function insertField(random: Random): Given {
  const name = () => `${random.pick(['t', 'u', 'ts', 'a', 'x.y'])}${random.pick(['', '', '!', '?'])}`
  const keys = random.some(['topic.field', 'partition.field', 'offset.field', 'timestamp.field', 'static.field'], 0.35)
  const given = Object.fromEntries(keys.map((key) => [key, name()]))
  const value = random.chance(0.8) ? { 'static.value': text(random) } : {}
  return { props: { ...given, ...value, ...withNulls(random) }, data: fields(random) }
}

const literals = [
  'true',
  'null',
  '12',
  '-300',
  '3.14',
  '1e50',
  '[1,2,3]',
  '["a","b"]',
  '{"a":1,"b":2}',
  '2024-01-02',
  '12:34:56.789Z',
  '2024-01-02T03:04:05.006Z',
  '[1,"a"]',
  '{',
  'some text',
  '[]',
  '{}',
  '"quoted"',
  '123456789012345678901',
  '{1:2}',
  '[1,2.5]',
]

function timestampConverter(random: Random): Given {
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

const routes: readonly (readonly [string, readonly string[]])[] = [
  ['(.*)', ['x-$1', '$1$1', '$10']],
  ['orders', []],
  ['(\\w+)\\.(.*)', ['$2.$1', '${1}']],
  ['(?i)ORDERS', []],
  ['a|orders', []],
  ['[a-z]+', []],
  ['(?<n>[a-z]+).*', ['${n}-x', '$1']],
  ['(x)?(.*)', ['[$1]$2']],
  ['(', []],
]

const topics = ['orders', 'dev.orders-1', 'a_b', 'orders-${timestamp}', 'x$1']

/** For each transformation and predicate: random options and data that the options mean. */
export const subjects: Readonly<Record<string, (random: Random) => Given>> = {
  Cast: cast,
  DropHeaders: (random) => ({
    props: { headers: random.pick(['h', 'h,i', 'none', '', 'h,h', 'h,,i']) },
    data: anything(random),
  }),
  ExtractField: (random) => ({
    props: {
      field: random.pick(random.chance(0.5) ? fieldNames : paths),
      ...(random.chance(0.6) && {
        'field.syntax.version': random.pick(['V1', 'V2', 'V2', 'v2', ...(random.chance(0.1) ? ['V3'] : [])]),
      }),
      ...withNulls(random),
    },
    data: fields(random),
  }),
  Filter: (random) => ({ props: {}, data: anything(random) }),
  Flatten: (random) => ({
    props: random.chance(0.5) ? { delimiter: random.pick(['.', '_', '', '-']) } : {},
    data: fields(random, random.chance(0.5)),
  }),
  HeaderFrom: (random) => {
    const data = fields(random)
    const of = names(random, data).split(',')
    const headers = of.map((name) => random.pick([`h-${name}`, 'h', 'same']))
    return {
      props: {
        fields: of.join(),
        headers: (random.chance(0.05) ? [...headers, 'more'] : headers).join(),
        operation: random.pick(['move', 'copy', ...(random.chance(0.1) ? ['MOVE'] : [])]),
        ...withNulls(random),
      },
      data,
    }
  },
  HoistField: (random) => ({ props: { field: random.pick(['a', 'x.y', '', ' b ']) }, data: anything(random) }),
  InsertField: insertField,
  InsertHeader: (random) => ({
    props: {
      header: random.pick(['h', 'new', '']),
      'value.literal': random.chance(0.5) ? text(random) : random.pick(literals),
    },
    data: anything(random),
  }),
  MaskField: (random) => {
    const data = fields(random)
    const replacement = random.chance(0.5)
      ? { replacement: random.pick(['7', '-300', '3.9', 'xxx', '1e3', '', '99999999999999999999']) }
      : {}
    return { props: { fields: names(random, data), ...replacement, ...withNulls(random) }, data }
  },
  RegexRouter: (random) => {
    const [regex, groups] = random.pick(routes)
    const replacement = random.pick([
      ...groups,
      '$0',
      'y',
      '\\$1',
      ...(random.chance(0.05) ? ['$3', 'z$', '${none}'] : []),
    ])
    return { props: { regex, replacement }, data: anything(random) }
  },
  ReplaceField: (random) => {
    const pair = () => `${random.pick([...fieldNames, 'missing'])}:${random.pick(['z', 'b', 'w', 'x.y', ''])}`
    const data = fields(random)
    return {
      props: {
        ...(random.chance(0.5) && { exclude: names(random, data) }),
        ...(random.chance(0.4) && { include: names(random, data) }),
        ...(random.chance(0.6) && { renames: [pair(), ...(random.chance(0.4) ? [pair()] : [])].join() }),
        ...withNulls(random),
      },
      data,
    }
  },
  SetSchemaMetadata: (random) => ({
    props: {
      ...(random.chance(0.7) && { 'schema.name': random.pick(['new.Name', 'x']) }),
      ...(random.chance(0.6) && { 'schema.version': random.pick(['7', '-1', 'x', '2147483648']) }),
      ...withNulls(random),
    },
    data: random.chance(0.5) ? fields(random, random.chance(0.1)) : anything(random),
  }),
  TimestampConverter: timestampConverter,
  TimestampRouter: (random) => ({
    props: {
      ...(random.chance(0.6) && {
        'topic.format': random.pick(['${topic}', '${timestamp}.${topic}', 'fixed', '${topic}${topic}_${timestamp}']),
      }),
      ...(random.chance(0.7) && { 'timestamp.format': pattern(random) }),
    },
    data: anything(random),
    topic: random.pick(topics),
  }),
  ValueToKey: (random) => {
    const data = fields(random)
    return { props: { fields: names(random, data), ...withNulls(random) }, data }
  },
  HasHeaderKey: (random) => ({ props: { name: random.pick(['h', 'i', 'H', '']) }, data: anything(random) }),
  RecordIsTombstone: (random) => ({ props: {}, data: anything(random) }),
  TopicNameMatches: (random) => ({
    props: { pattern: random.pick(['orders', '.*orders.*', 'ord', '(?i)ORDERS', '', '(', 'a_b|x\\$1']) },
    data: anything(random),
  }),
}
