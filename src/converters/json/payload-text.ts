import { DataError, logicalNames, messageOf, type Schema } from '#api'
import { decimalBytes, decimalText } from '../../registry/index.ts'
import { javaDecimal, javaDouble, javaFloat } from '../../util/connect-values.ts'
import { fitsInteger, scaleOf } from './limits.ts'

export interface PayloadOptions {
  /** Whether decimals are written as numbers, else as the base64 of their bytes. */
  readonly numericDecimals: boolean
  /** Whether null in a field with a default is that default. */
  readonly nullIsDefault: boolean
}

/** The JSON text of a value: integers with all their digits, bytes as base64, what JSON has no number for as a string. */
export function payloadText(schema: Schema | undefined, value: unknown, options: PayloadOptions): string {
  if (value === null || value === undefined) return nullText(schema, options)
  if (schema === undefined) return freeText(value, options)
  if (schema.name === logicalNames.decimal && schema.type === 'bytes') return decimal(schema, value, options)
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return integerText(schema, value)
    case 'float32':
      if (typeof value === 'number') return Number.isFinite(value) ? javaFloat(value) : `"${value}"`
      break
    case 'float64':
      if (typeof value === 'number') return Number.isFinite(value) ? javaDouble(value) : `"${value}"`
      break
    case 'boolean':
      if (typeof value === 'boolean') return String(value)
      break
    case 'string':
      if (typeof value === 'string') return JSON.stringify(value)
      break
    case 'bytes':
      if (Buffer.isBuffer(value)) return bytesText(value)
      break
    case 'array':
      if (Array.isArray(value)) return `[${value.map((item) => payloadText(schema.values, item, options)).join()}]`
      break
    case 'map':
      if (typeof value === 'object') return mapText(schema, value, options)
      break
    case 'struct':
      if (typeof value === 'object' && !Array.isArray(value)) {
        return structText(schema, value as Readonly<Record<string, unknown>>, options)
      }
      break
  }
  throw misfit(schema, value)
}

function nullText(schema: Schema | undefined, options: PayloadOptions): string {
  if (schema === undefined) return 'null'
  if (options.nullIsDefault && (schema.default ?? null) !== null) return payloadText(schema, schema.default, options)
  if (schema.optional) return 'null'
  throw new DataError('Conversion error: null value for field that is required and has no default value')
}

function integerText(schema: Schema, value: unknown): string {
  if ((typeof value === 'number' && Number.isInteger(value)) || typeof value === 'bigint') {
    if (fitsInteger(schema, value)) return String(Number.isSafeInteger(value) ? value : BigInt(value))
    throw new DataError(`The value ${value} does not fit the schema type ${schema.name ?? schema.type}.`)
  }
  throw misfit(schema, value)
}

function decimal(schema: Schema, value: unknown, { numericDecimals }: PayloadOptions): string {
  const scale = scaleOf(schema)
  try {
    const bytes = decimalBytes(value, scale)
    return numericDecimals ? javaDecimal(decimalText(bytes, scale), scale) : bytesText(bytes)
  } catch (error) {
    throw new DataError(`The value does not fit the decimal: ${messageOf(error)}.`, { cause: error })
  }
}

const misfit = (schema: Schema, value: unknown): DataError =>
  new DataError(`A value of the type ${typeOf(value)} does not fit the schema type ${schema.type}.`)

function mapText(schema: Schema, map: object, options: PayloadOptions): string {
  const keysAreStrings = schema.keys === undefined || schema.keys.type === 'string'
  const entries = (Array.isArray(map) ? map : Object.entries(map)) as readonly (readonly [unknown, unknown])[]
  const values = schema.values
  return keysAreStrings
    ? `{${entries.map(([key, item]) => `${JSON.stringify(String(key))}:${payloadText(values, item, options)}`).join()}}`
    : `[${entries.map(([key, item]) => `[${payloadText(schema.keys, key, options)},${payloadText(values, item, options)}]`).join()}]`
}

function structText(schema: Schema, struct: Readonly<Record<string, unknown>>, options: PayloadOptions): string {
  const fields = (schema.fields ?? []).map(({ name, schema: field }) => {
    const value = Object.hasOwn(struct, name) ? struct[name] : undefined
    return `${JSON.stringify(name)}:${payloadText(field, value, options)}`
  })
  return `{${fields.join()}}`
}

/** Without a schema, by what the value is. */
function freeText(value: unknown, options: PayloadOptions): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (Buffer.isBuffer(value)) return bytesText(value)
  if (Array.isArray(value)) return `[${value.map((item) => payloadText(undefined, item, options)).join()}]`
  if (typeof value === 'object') {
    const entries = Object.entries(value as object).filter(([, item]) => item !== undefined)
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${payloadText(undefined, item, options)}`).join()}}`
  }
  const text = JSON.stringify(value) as string | undefined
  if (text !== undefined) return text
  throw new DataError(`A value of the type ${typeof value} cannot be written as JSON.`)
}

/** Integers as they are, the rest as Java's doubles, so that each is read as what it is. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  return Number.isFinite(value) ? javaDouble(value) : `"${value}"`
}

const bytesText = (value: Buffer): string => `"${value.toString('base64')}"`

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : Buffer.isBuffer(value) ? 'bytes' : typeof value
