import { logicalNames, type Schema, type SchemaAndValue } from '#api'

/** Connect's data as typed JSON; `test/java/ConnectJson.java` prints the same for the same data, and reads it. */
export interface TypedData {
  readonly schema: TypedSchema | null
  readonly value: TypedValue
}

export interface TypedSchema {
  readonly type: Schema['type']
  readonly optional: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: readonly (readonly [string, string])[]
  readonly default?: TypedValue
  readonly keys?: TypedSchema | null
  readonly values?: TypedSchema | null
  readonly fields?: readonly (readonly [string, TypedSchema | null])[]
}

/** `[kind, text]`, or `[kind, parts]` of an array, a map or a struct; integers are one kind, whose size the schema says. */
export type TypedValue = null | readonly [kind: string, content: string | readonly unknown[]]

export const typedData = ({ schema, value }: SchemaAndValue): TypedData => ({
  schema: typedSchema(schema),
  value: typedValue(schema, value),
})

export function typedSchema(schema: Schema | undefined): TypedSchema | null {
  if (!schema) return null
  const parameters = Object.entries(schema.parameters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const preset = schema.default ?? null
  return {
    type: schema.type,
    optional: schema.optional ?? false,
    ...(schema.name !== undefined && { name: schema.name }),
    ...(schema.version !== undefined && { version: schema.version }),
    ...(schema.doc !== undefined && { doc: schema.doc }),
    ...(parameters.length > 0 && { parameters }),
    ...(preset !== null && { default: typedValue(schema, preset) }),
    ...(schema.type === 'map' && { keys: typedSchema(schema.keys) }),
    ...((schema.type === 'array' || schema.type === 'map') && { values: typedSchema(schema.values) }),
    ...(schema.type === 'struct' && {
      fields: (schema.fields ?? []).map((field) => [field.name, typedSchema(field.schema)] as const),
    }),
  }
}

export function typedValue(schema: Schema | undefined, value: unknown): TypedValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return ['int', String(value)]
  if (typeof value === 'boolean') return ['boolean', String(value)]
  if (typeof value === 'string') {
    return schema?.name === logicalNames.decimal ? ['decimal', plainDecimal(value)] : ['string', value]
  }
  if (typeof value === 'number') return number(schema, value)
  return Buffer.isBuffer(value) ? ['bytes', value.toString('base64')] : container(schema, value)
}

function container(schema: Schema | undefined, value: unknown): TypedValue {
  if (schema?.type === 'struct') {
    const struct = value as Readonly<Record<string, unknown>>
    return ['struct', (schema.fields ?? []).map((field) => [field.name, typedValue(field.schema, struct[field.name])])]
  }
  if (Array.isArray(value) && schema?.type !== 'map') {
    return ['array', value.map((item) => typedValue(schema?.values, item))]
  }
  const entries = (Array.isArray(value) ? value : Object.entries(value as object)) as [unknown, unknown][]
  return [
    'map',
    entries.map(([key, item]) => [typedValue(schema?.keys, key), typedValue(schema?.values, item)]).toSorted(byKey),
  ]
}

const byKey = ([a]: readonly unknown[], [b]: readonly unknown[]): number =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1

/** Without a schema, a number that is whole is taken for an integer. */
function number(schema: Schema | undefined, value: number): TypedValue {
  if (schema?.type.startsWith('int') || (schema === undefined && Number.isSafeInteger(value))) {
    return ['int', String(value)]
  }
  const bits = Buffer.alloc(8)
  if (Number.isNaN(value)) return schema?.type === 'float32' ? ['float32', '7fc00000'] : ['float64', '7ff8000000000000']
  if (schema?.type === 'float32') {
    bits.writeFloatBE(value)
    return ['float32', hex(bits.subarray(0, 4))]
  }
  bits.writeDoubleBE(value)
  return ['float64', hex(bits)]
}

const hex = (bits: Buffer): string => bits.toString('hex').replace(/^0+(?=.)/, '')

/** Zeros around the digits say nothing of the value. */
function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text) ?? []
  const [before, after] = [whole.replace(/^0+/, ''), fraction.replace(/0+$/, '')]
  return before === '' && after === '' ? '0' : `${sign}${before || '0'}${after && `.${after}`}`
}

/** Java's print in the form of ours: its maps in our order, and whole doubles without a schema as integers, since JavaScript has one kind of number. */
export function comparable({ schema, value }: TypedData): TypedData {
  return { schema, value: comparableValue(schema, value) }
}

function comparableValue(schema: TypedSchema | null, value: TypedValue): TypedValue {
  if (value === null) return null
  const [kind, content] = value
  if (typeof content === 'string') return schema === null && kind === 'float64' ? wholeOr(value, content) : value
  const parts = content as readonly (readonly [never, never])[]
  switch (kind) {
    case 'array':
      return [kind, content.map((item) => comparableValue(schema?.values ?? null, item as TypedValue))]
    case 'map': {
      const entries = parts.map(([key, item]) => [
        comparableValue(schema?.keys ?? null, key),
        comparableValue(schema?.values ?? null, item),
      ])
      return [kind, entries.toSorted(byKey)]
    }
    default: {
      const fields = new Map(schema?.fields)
      return [kind, parts.map(([name, item]) => [name, comparableValue(fields.get(name) ?? null, item)])]
    }
  }
}

function wholeOr(value: TypedValue, bits: string): TypedValue {
  const double = Buffer.from(bits.padStart(16, '0'), 'hex').readDoubleBE()
  return Number.isSafeInteger(double) ? ['int', String(double)] : value
}
