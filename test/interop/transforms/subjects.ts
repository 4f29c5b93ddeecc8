import { anything, fields, type Given, names, withNulls } from './data.ts'
import { pattern } from './formats.ts'
import type { Random } from './random.ts'
import { timestampConverter } from './times.ts'
import { fieldNames, text } from './values.ts'

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
  ExtractField: (random) => {
    const data = fields(random)
    const own = names(random, data).split(',')
    const syntax = random.pick(['V1', 'V2', 'V2', 'v2', ...(random.chance(0.1) ? ['V3'] : [])])
    return {
      props: {
        field: random.pick(random.chance(0.6) ? own : paths),
        ...(random.chance(0.6) && { 'field.syntax.version': syntax }),
        ...withNulls(random),
      },
      data,
    }
  },
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
