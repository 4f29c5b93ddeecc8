import { DataError, logicalNames, messageOf, type Schema, toJson } from '#api'
import { decimalBytes, decimalText } from '../../registry/index.ts'
import { exactLong } from '../../util/connect-values.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import { fitsInteger, scaleOf } from './limits.ts'
import { exactNumber, NumberLiteral, plainDigits } from './number-literal.ts'

const bits: Partial<Record<Schema['type'], number>> = { int8: 8, int16: 16, int32: 32, int64: 64 }

/**
 * A parsed payload as the value of its schema, as Java reads it: unknown fields are ignored, absent ones take their
 * default or null, integers are cut to their size. What is of another kind than its schema is an error.
 */
export function fromPayload(schema: Schema | undefined, json: unknown, nullIsDefault: boolean): unknown {
  if (schema === undefined) return json instanceof NumberLiteral ? exactNumber(json) : json
  if (json === null || json === undefined) return ofNull(schema, nullIsDefault)
  if (schema.name === logicalNames.decimal && schema.type === 'bytes') return decimal(schema, json)
  const number = json instanceof NumberLiteral ? exactNumber(json) : json
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      if (typeof number === 'bigint' || typeof number === 'number') return integer(schema, number)
      break
    case 'float32':
    case 'float64':
      if (typeof number === 'bigint' || typeof number === 'number') return float(schema, Number(number))
      if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
      break
    case 'boolean':
      if (typeof json === 'boolean') return json
      break
    case 'string':
      if (typeof json === 'string') return json
      break
    case 'bytes':
      if (typeof json === 'string') return fromBase64(json)
      break
    case 'array':
      if (Array.isArray(json)) return json.map((item) => fromPayload(schema.values, item, nullIsDefault))
      break
    case 'map':
      if (typeof json === 'object') return map(schema, json, nullIsDefault)
      break
    case 'struct':
      if (typeof json === 'object' && !Array.isArray(json)) {
        return struct(schema, json as Readonly<Record<string, unknown>>, nullIsDefault)
      }
      break
  }
  throw misfit(schema, number)
}

const misfit = (schema: Schema, json: unknown): DataError =>
  new DataError(`The payload ${toJson(json).slice(0, 40)} does not fit the schema type ${schema.name ?? schema.type}.`)

function ofNull(schema: Schema, nullIsDefault: boolean): unknown {
  if (nullIsDefault && (schema.default ?? null) !== null) return schema.default
  if (schema.optional) return null
  throw new DataError(`Invalid null value for required ${schema.type.toUpperCase()} field`)
}

/** Cut to the size of its type, as Java cuts it; dates and times, as there, must be within theirs. */
function integer(schema: Schema, number: number | bigint): number | bigint {
  // Fractions of numbers that a double does not hold are nothing to count with.
  if (typeof number === 'number' && !Number.isSafeInteger(Math.trunc(number))) throw misfit(schema, number)
  const isTemporal = temporal.has(schema.name ?? '')
  if (isTemporal && !(Number.isInteger(number) || typeof number === 'bigint')) throw misfit(schema, number)
  if (isTemporal && schema.type === 'int32' && !fitsInteger(schema, number)) throw misfit(schema, number)
  const value = typeof number === 'bigint' ? number : BigInt(Math.trunc(number))
  return exactLong(BigInt.asIntN(bits[schema.type] ?? 64, value))
}

const temporal: ReadonlySet<string> = new Set([logicalNames.date, logicalNames.time, logicalNames.timestamp])

/** A number that single precision cannot hold is infinite; others keep the digits they have. There is no -0, as in Java. */
const float = ({ type }: Schema, number: number): number =>
  type === 'float32' && !Number.isFinite(Math.fround(number)) ? Math.fround(number) : number + 0

/** What is no base64 throws, instead of being skipped as Node does. */
function fromBase64(text: string): Buffer {
  const given = text.trim()
  const bytes = Buffer.from(given, 'base64')
  const padding = given.endsWith('==') ? 2 : given.endsWith('=') ? 1 : 0
  if (given.length % 4 === 0 && bytes.length === (given.length / 4) * 3 - padding && !/[-_]/.test(given)) return bytes
  throw new DataError(`The payload "${text.slice(0, 40)}" is not base64.`)
}

function decimal(schema: Schema, json: unknown): string {
  try {
    if (typeof json === 'string') return decimalText(someBytes(fromBase64(json)), scaleOf(schema))
    if (!(json instanceof NumberLiteral) && typeof json !== 'number' && typeof json !== 'bigint') {
      throw new Error('it is neither a number nor base64')
    }
    const digits = plainDigits(json instanceof NumberLiteral ? json.text : String(json))
    const scale = Number(schema.parameters?.['scale'] ?? 0)
    // More digits than the scale has stay, as in Java.
    return decimalText(decimalBytes(digits, Math.max(scale, placesOf(digits))), Math.max(scale, placesOf(digits)))
  } catch (error) {
    throw new DataError(`The payload does not fit the decimal: ${messageOf(error)}.`, { cause: error })
  }
}

const placesOf = (digits: string): number => digits.split('.')[1]?.length ?? 0

function someBytes(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new Error('there are no bytes')
  return bytes
}

function map(schema: Schema, json: object, nullIsDefault: boolean): unknown {
  const read = (item: unknown) => fromPayload(schema.values, item, nullIsDefault)
  const keysAreStrings = schema.keys === undefined || schema.keys.type === 'string'
  if (keysAreStrings === Array.isArray(json)) {
    throw new DataError(
      keysAreStrings
        ? 'Maps with string fields should be encoded as JSON objects, but found ARRAY'
        : 'Maps with non-string fields should be encoded as JSON array of tuples, but found OBJECT',
    )
  }
  if (!Array.isArray(json)) return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, read(item)]))
  const entries = json.map((pair: unknown): [unknown, unknown] => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new DataError(
        `Found invalid map entry, expected length 2 but found ${Array.isArray(pair) ? pair.length : typeof pair}`,
      )
    }
    return [fromPayload(schema.keys, pair[0], nullIsDefault), read(pair[1])]
  })
  return [...new Map(entries.map((entry) => [stringifyExactly(entry[0]), entry])).values()]
}

function struct(schema: Schema, json: Readonly<Record<string, unknown>>, nullIsDefault: boolean): unknown {
  return Object.fromEntries(
    (schema.fields ?? []).map(({ name, schema: field }) => [
      name,
      fromPayload(field, Object.hasOwn(json, name) ? json[name] : undefined, nullIsDefault),
    ]),
  )
}
