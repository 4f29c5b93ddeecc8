import { logicalNames, type Schema, type SchemaAndValue, type SchemaType } from '#api'

export type Random = () => number

export const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

const primitives = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string', 'bytes'] as const
const logical = ['date', 'time', 'timestamp', 'decimal'] as const

/** A schema of any type with a value of it; `depth` is how deep arrays, maps and structs may lie in each other. */
export function randomData(random: Random, depth = 3): SchemaAndValue {
  if (random() < 0.1) return { value: randomFree(random, depth) }
  const schema = randomSchema(random, depth)
  return { schema, value: randomValue(random, schema) }
}

export function randomSchema(random: Random, depth: number): Schema {
  const schema = { ...bareSchema(random, depth), ...attributes(random) }
  // Java takes no default of a struct whose schema is still being built.
  if (random() > 0.25 || schema.type === 'struct') return schema
  const preset = randomValue(random, { ...schema, optional: false })
  return { ...schema, default: preset }
}

function bareSchema(random: Random, depth: number): Schema {
  const choice = random()
  if (depth <= 0 || choice < 0.45) return { type: pick(random, primitives) }
  if (choice < 0.65) return logicalSchema(random)
  if (choice < 0.75) return { type: 'array', values: randomSchema(random, depth - 1) }
  if (choice < 0.85) {
    const keys: SchemaType = random() < 0.5 ? 'string' : pick(random, ['int8', 'int32', 'int64', 'boolean'] as const)
    return { type: 'map', keys: { type: keys }, values: randomSchema(random, depth - 1) }
  }
  const fields = Array.from({ length: Math.floor(random() * 5) }, (_, index) => ({
    name: pick(random, ['f', 'ü"', 'a b']) + index,
    schema: randomSchema(random, depth - 1),
  }))
  return { type: 'struct', fields }
}

function logicalSchema(random: Random): Schema {
  const kind = pick(random, logical)
  const name = logicalNames[kind]
  if (kind === 'decimal') {
    return { type: 'bytes', name, version: 1, parameters: { scale: String(pick(random, [0, 2, 7, 12, -2])) } }
  }
  return { type: kind === 'timestamp' ? 'int64' : 'int32', name, version: 1 }
}

function attributes(random: Random): Partial<Schema> {
  return {
    ...(random() < 0.3 && { optional: true }),
    ...(random() < 0.1 && { doc: pick(random, ['', 'Words.', '"ü"\n']) }),
  }
}

/** Null where the schema allows it: also in a field that is required and has a default. */
export function randomValue(random: Random, schema: Schema): unknown {
  if (schema.optional && random() < 0.3) return null
  if (schema.name === logicalNames.decimal) return randomDecimal(random, Number(schema.parameters?.['scale']))
  if (schema.name === logicalNames.time) return Math.floor(random() * 86_400_000)
  if (schema.name === logicalNames.timestamp) return Math.floor((random() - 0.3) * pick(random, [1e3, 1e10, 8e14]))
  if (schema.type === 'array') {
    return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, schema.values ?? schema))
  }
  if (schema.type === 'map') return randomMap(random, schema)
  if (schema.type !== 'struct') return randomPrimitive(random, schema.type)
  return Object.fromEntries((schema.fields ?? []).map((field) => [field.name, fieldValue(random, field.schema)]))
}

const fieldValue = (random: Random, schema: Schema): unknown =>
  schema.default !== undefined && random() < 0.3 ? null : randomValue(random, schema)

function randomMap(random: Random, { keys, values }: Schema): unknown {
  const pairs = Array.from({ length: Math.floor(random() * 4) }, (_, index) => {
    const key = keys?.type === 'boolean' ? index % 2 === 1 : keys?.type === 'string' ? `k${index} "ü"` : index * 31
    return [key, values ? randomValue(random, values) : null] as const
  })
  const unique = [...new Map(pairs).entries()]
  return keys?.type === 'string' ? Object.fromEntries(unique) : unique
}

const texts = [
  '',
  'x',
  'Grüße',
  '😀 "quoted" \\ back',
  'line\nbreak\t\u0001',
  '\u2028',
  'null',
  'true',
  '12',
  '1.50',
].concat(['2026-01-02', '[1,2]', '{"a":1}', ' ', '{', ','])

const numbers: Partial<Record<SchemaType, readonly (number | bigint)[]>> = {
  int8: [0, -1, 127, -128],
  int16: [0, 300, 2 ** 15 - 1, -(2 ** 15)],
  int32: [0, -70_000, 2 ** 31 - 1, -(2 ** 31)],
  int64: [0, -5, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n],
  float32: [0, -1.5, 0.1, 16_777_216, 3.4e38, 1.4e-45, Number.NaN, Number.POSITIVE_INFINITY],
  float64: [0, 5, 0.1, -1e-7, 1.7e308, 5e-324, Number.NaN, Number.NEGATIVE_INFINITY, 1e21, 1e7],
}

export function randomPrimitive(random: Random, type: SchemaType): unknown {
  const known = numbers[type]
  const isFloat = type === 'float32' || type === 'float64'
  if (known) {
    const number = isFloat && random() < 0.3 ? random() * pick(random, [1, 1e9, 1e12]) : pick(random, known)
    return type === 'float32' ? Math.fround(Number(number)) : number
  }
  if (type === 'boolean') return random() < 0.5
  return type === 'bytes' ? randomBytes(random) : pick(random, texts)
}

const randomBytes = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * 256)))

function randomDecimal(random: Random, scale: number): string {
  const unscaled = BigInt(pick(random, ['0', '1', '-1', '127', '128', '-129', '12340', '-98765432109876543210']))
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** What has no schema; whole numbers are integers in Java, as what JSON reads. */
function randomFree(random: Random, depth: number): unknown {
  const choice = random()
  if (depth > 0 && choice < 0.2) {
    return Array.from({ length: Math.floor(random() * 4) }, () => randomFree(random, depth - 1))
  }
  if (depth > 0 && choice < 0.4) {
    const length = Math.floor(random() * 4)
    return Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, randomFree(random, depth - 1)]))
  }
  if (choice < 0.5) return null
  return pick<unknown>(random, [true, 0, -7, 2n ** 62n, 0.25, 1e-9, 'text', '"ü"', Buffer.from([1, 255]), 1e300])
}
