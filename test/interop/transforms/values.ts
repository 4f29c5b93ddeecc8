import { logicalNames } from '#api'
import type { Random } from './random.ts'
import { dayMillis, type ScalarKind, type Wire, type WireSchema } from './wire.ts'

export const texts = [
  '',
  '0',
  '1',
  '-5',
  '+7',
  '127',
  '128',
  '-32769',
  '2147483648',
  '9223372036854775807',
  '9223372036854775808',
  '1.5',
  '-0.0',
  '1e3',
  '1E-50',
  '1e400',
  '.5',
  '5.',
  '1f',
  '2D',
  '0x1p3',
  '0x1.8p-1',
  'NaN',
  '-Infinity',
  ' 12 ',
  '1_000',
  '٣',
  'true',
  'TRUE',
  'yes',
  'abc',
  'ü€😀',
  'null',
  '2024-02-30',
  '16777217.0000001',
]

export const doubles = [
  '0.0',
  '-0.0',
  '1.0',
  '1.5',
  '-2.75',
  '0.1',
  '127.9',
  '128.0',
  '-129.5',
  '1.0E10',
  '3.4028235E38',
  '1.0E39',
  '1.0E-5',
]
export const moreDoubles = [
  '9.007199254740993E15',
  '1.0E19',
  '4.9E-324',
  'NaN',
  'Infinity',
  '-Infinity',
  '0.001',
  '1.0E7',
  '123456.789',
  '2.5E-3',
]
export const floats = [
  '0.0',
  '-0.0',
  '1.0',
  '1.5',
  '-2.75',
  '0.1',
  '127.9',
  '3.4028235E38',
  '1.0E-5',
  '1.6777216E7',
  '1.17549435E-38',
  'NaN',
  'Infinity',
]

const bits = { byte: 8, short: 16, int: 32, long: 64 } as const

function integer(random: Random, kind: keyof typeof bits): string {
  const size = BigInt(bits[kind])
  const edges = [0n, 1n, -1n, 2n ** (size - 1n) - 1n, -(2n ** (size - 1n)), 42n, -7n]
  if (random.chance(0.5)) return String(random.pick(edges))
  const wide =
    BigInt(random.below(2 ** 30)) * 2n ** 34n + BigInt(random.below(2 ** 30)) * 2n ** 4n + BigInt(random.below(16))
  return String(BigInt.asIntN(bits[kind], wide >> BigInt(random.below(60))))
}

function float(random: Random, kind: 'float' | 'double'): string {
  if (random.chance(0.6)) return random.pick(kind === 'float' ? floats : [...doubles, ...moreDoubles])
  const value = (random.below(2 ** 30) / 2 ** random.below(60)) * (random.chance(0.5) ? 1 : -1)
  return String(kind === 'float' ? Math.fround(value) : value)
}

export const timestamps = [
  '0',
  '-1',
  '1',
  '86399999',
  '86400000',
  '1700000000123',
  '1709164800000',
  '-86400001',
  '-12219292800001',
  '-62135596800001',
  '253402300800000',
  '4102444799999',
]

export function timestamp(random: Random): string {
  if (random.chance(0.4)) return random.pick(timestamps)
  return String((random.below(2 ** 30) - 2 ** 28) * random.below(4000) + random.below(1000))
}

function decimal(random: Random, scale: number): string {
  const unscaled =
    BigInt(random.pick(['0', '1', '-1', '12345', '-99999', '123456789012345678901', '5', '100'])) +
    BigInt(random.below(3))
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

export const text = (random: Random): string => random.pick(texts)

const kinds: Readonly<Record<string, ScalarKind>> = {
  int8: 'byte',
  int16: 'short',
  int32: 'int',
  int64: 'long',
  float32: 'float',
  float64: 'double',
  string: 'string',
  bytes: 'bytes',
}

function scalar(random: Random, kind: ScalarKind): Wire {
  if (kind === 'byte' || kind === 'short' || kind === 'int' || kind === 'long')
    return { t: kind, v: integer(random, kind) }
  if (kind === 'float' || kind === 'double') return { t: kind, v: float(random, kind) }
  return kind === 'bytes' ? { t: kind, v: random.pick(['', 'AA==', '/wABAg==']) } : { t: 'string', v: text(random) }
}

/** A value that fits the schema; null only where `nullable`. */
export function valueFor(random: Random, schema: WireSchema, nullable = true): Wire {
  const mayBeNull = nullable && (schema.optional === true || schema.default !== undefined)
  if (mayBeNull && random.chance(schema.default === undefined ? 0.25 : 0.5)) return null
  const logical = logicalValue(random, schema)
  if (logical) return logical
  const { type, keys, values, fields = [] } = schema
  if (type === 'boolean') return { t: 'boolean', v: random.chance(0.5) }
  if (type === 'array') return { t: 'list', v: items(random, values) }
  if (type === 'struct') {
    return { t: 'struct', v: fields.map(({ name, schema: of }) => [name, valueFor(random, of)] as const) }
  }
  if (type !== 'map') return scalar(random, kinds[type] ?? 'string')
  const names = keys?.type === 'string' ? ['k', 'l', 'm'] : ['1', '2', '3']
  const of = keys?.type === 'string' ? 'string' : 'int'
  const entry = (name: string) => [{ t: of, v: name }, values ? valueFor(random, values) : null] as const
  return { t: 'map', v: random.some(names, 0.5).map(entry) }
}

const items = (random: Random, schema: WireSchema | undefined): readonly Wire[] =>
  schema ? Array.from({ length: random.below(3) }, () => valueFor(random, schema)) : []

function logicalValue(random: Random, { name, parameters }: WireSchema): Wire | undefined {
  if (name === logicalNames.decimal) return { t: 'decimal', v: decimal(random, Number(parameters?.['scale'])) }
  if (name === logicalNames.date) return { t: 'date', v: String((random.below(60_000) - 20_000) * dayMillis) }
  if (name === logicalNames.time)
    return { t: 'date', v: String(random.pick([0, 1, 86_399_999, random.below(dayMillis)])) }
  return name === logicalNames.timestamp ? { t: 'date', v: timestamp(random) } : undefined
}

/** A value that has no schema, of any Java type that converters and sources make. */
export function freeValue(random: Random, depth = 0): Wire {
  const kind = random.pick([
    ...(['byte', 'short', 'int', 'long', 'long', 'double', 'float', 'string', 'string', 'bytes'] as const),
    'boolean',
    'null',
    'list',
    'map',
    'map',
  ] as const)
  if (kind === 'null') return null
  if (kind === 'boolean') return { t: 'boolean', v: random.chance(0.5) }
  if (kind === 'map') return depth > 2 ? { t: 'map', v: [] } : freeMap(random, depth + 1)
  if (kind !== 'list') return scalar(random, kind)
  return { t: 'list', v: depth > 1 ? [] : Array.from({ length: random.below(3) }, () => freeValue(random, depth + 1)) }
}

export const fieldNames = ['a', 'b', 'c', 'd', 'x.y', 'n', 'é'] as const

export const freeMap = (random: Random, depth = 0): Wire => ({
  t: 'map',
  v: random.some(fieldNames, 0.6).map((name) => [{ t: 'string', v: name } as const, freeValue(random, depth)] as const),
})
