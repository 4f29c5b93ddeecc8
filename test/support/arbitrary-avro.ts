import * as fc from 'fast-check'

export type Json = string | Json[] | { readonly [attribute: string]: unknown }

const primitive = fc.constantFrom('boolean', 'int', 'long', 'float', 'double', 'bytes', 'string')

const logical = fc.constantFrom<Json>(
  { type: 'int', logicalType: 'date' },
  { type: 'int', logicalType: 'time-millis' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'long', logicalType: 'timestamp-micros' },
  { type: 'long', logicalType: 'local-timestamp-millis' },
  { type: 'string', logicalType: 'uuid' },
  { type: 'bytes', logicalType: 'decimal', precision: 40, scale: 7 },
  { type: 'bytes', logicalType: 'decimal', precision: 5, scale: 0 },
)

/** Named types get their names afterwards, so that none has another's. */
const named = fc.constantFrom<Json>(
  { type: 'enum', symbols: ['A', 'B', 'constant'] },
  { type: 'fixed', size: 4 },
  { type: 'fixed', size: 8, logicalType: 'decimal', precision: 12, scale: 3 },
)

const anonymous = fc.letrec<{ any: Json; plain: Json; record: Json; union: Json }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 4 },
    { arbitrary: primitive, weight: 4 },
    { arbitrary: logical, weight: 2 },
    { arbitrary: named, weight: 2 },
    { arbitrary: tie('any').map((items): Json => ({ type: 'array', items })), weight: 1 },
    { arbitrary: tie('any').map((values): Json => ({ type: 'map', values })), weight: 1 },
    { arbitrary: tie('record'), weight: 2 },
  ),
  any: fc.oneof({ maxDepth: 4 }, { arbitrary: tie('plain'), weight: 4 }, { arbitrary: tie('union'), weight: 1 }),
  record: fc
    .array(tie('any'), { maxLength: 4 })
    .map((types): Json => ({ type: 'record', fields: types.map((type, index) => ({ name: `f${index}`, type })) })),
  union: fc
    .uniqueArray(tie('plain'), { minLength: 1, maxLength: 4, selector: kindOf })
    .map((types): Json => ['null', ...types]),
}))

/** What must differ between the branches of a union; types with names always do. */
function kindOf(json: Json): unknown {
  const type = typeof json === 'object' && !Array.isArray(json) ? String(json['type']) : json
  return type === 'record' || type === 'enum' || type === 'fixed' ? json : type
}

function giveNames(json: Json, next: () => string): Json {
  if (typeof json === 'string') return json
  if (Array.isArray(json)) return json.map((branch) => giveNames(branch, next))
  switch (json['type']) {
    case 'array':
      return { ...json, items: giveNames(json['items'] as Json, next) }
    case 'map':
      return { ...json, values: giveNames(json['values'] as Json, next) }
    case 'record': {
      const fields = json['fields'] as { name: string; type: Json }[]
      return {
        ...json,
        name: next(),
        fields: fields.map((field) => ({ ...field, type: giveNames(field.type, next) })),
      }
    }
    case 'enum':
    case 'fixed':
      return { ...json, name: next() }
    default:
      return json
  }
}

/** Avro schemas of every kind; null is the first branch of a union that has it. */
export const arbitraryAvro: fc.Arbitrary<Json> = anonymous.any.map((json) => {
  let count = 0
  return giveNames(json, () => `test.ns${count % 3}.Name${count++}`)
})

const int64 = fc
  .oneof(fc.maxSafeInteger(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)))
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) || 0 : value))

// JSON has no -0.
const positiveZero = (value: number): number => (value === 0 ? 0 : value)

/** A decimal's canonical digits. */
const decimal = (digits: number, scale: number): fc.Arbitrary<string> =>
  fc.bigInt(-(10n ** BigInt(digits)) + 1n, 10n ** BigInt(digits) - 1n).map((unscaled) => {
    const text = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
    const whole = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`
    return `${unscaled < 0n ? '-' : ''}${whole}`
  })

const values: Record<string, fc.Arbitrary<unknown>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.integer().map(positiveZero),
  long: int64,
  float: fc.float().map(positiveZero),
  double: fc.double().map(positiveZero),
  bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  string: fc.string({ unit: 'grapheme' }),
}

/** Values of an Avro schema as the converter gives them. */
export function valueOf(json: Json): fc.Arbitrary<unknown> {
  if (typeof json === 'string') return values[json] ?? fc.constant(null)
  if (Array.isArray(json)) return unionOf(json)
  if (json['logicalType'] === 'decimal') return decimal(Number(json['precision']), Number(json['scale']))
  switch (json['type']) {
    case 'array':
      return fc.array(valueOf(json['items'] as Json), { maxLength: 4 })
    case 'map':
      return fc
        .array(fc.tuple(fc.string(), valueOf(json['values'] as Json)), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries))
    case 'record': {
      const fields = json['fields'] as { name: string; type: Json }[]
      return fc
        .tuple(...fields.map((field) => valueOf(field.type)))
        .map((all) => Object.fromEntries(fields.map((field, index) => [field.name, all[index]])))
    }
    case 'enum':
      return fc.constantFrom(...(json['symbols'] as string[]))
    case 'fixed': {
      const size = Number(json['size'])
      return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes))
    }
    default:
      return values[String(json['type'])] ?? fc.constant(null)
  }
}

function unionOf(branches: Json[]): fc.Arbitrary<unknown> {
  const others = branches.filter((branch) => branch !== 'null')
  const wrap = (branch: Json) => (value: unknown) => (others.length > 1 ? { [nameOf(branch)]: value } : value)
  return fc.oneof(fc.constant(null), ...others.map((branch) => valueOf(branch).map(wrap(branch))))
}

/** The name of a branch, as values of a union give it. */
export const nameOf = (json: Json): string =>
  typeof json === 'string' ? json : Array.isArray(json) ? '' : String(json['name'] ?? json['type'])

/** A schema with a value of it. */
export const schemaAndValue = arbitraryAvro.chain((json) => valueOf(json).map((value) => ({ json, value })))
