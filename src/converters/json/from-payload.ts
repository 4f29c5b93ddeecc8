import { DataError, logicalNames, messageOf, type Schema, toJson } from '#api'
import { decimalBytes, decimalText } from '../../registry/index.ts'
import { exactNumber, NumberLiteral, plainDigits } from './number-literal.ts'

const bits: Partial<Record<Schema['type'], number>> = { int8: 8, int16: 16, int32: 32, int64: 64 }

/**
 * A parsed payload as the value of its schema, as Java reads it: unknown fields are ignored, absent ones take their
 * default or null, integers are cut to their size. What is of another kind than its schema is an error.
 */
export function fromPayload(schema: Schema | undefined, json: unknown, nullIsDefault: boolean): unknown {
  if (schema === undefined) return json instanceof NumberLiteral ? exactNumber(json) : json
  if (json === null || json === undefined) return ofNull(schema, json, nullIsDefault)
  if (schema.name === logicalNames.decimal && schema.type === 'bytes') return decimal(schema, json)
  const number = json instanceof NumberLiteral ? exactNumber(json) : json
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      if (typeof number === 'bigint' || typeof number === 'number') return cut(number, bits[schema.type] ?? 64)
      break
    case 'float32':
    case 'float64':
      if (typeof number === 'bigint' || typeof number === 'number') return Number(number)
      if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
      break
    case 'boolean':
      if (typeof json === 'boolean') return json
      break
    case 'string':
      if (typeof json === 'string') return json
      break
    case 'bytes':
      if (typeof json === 'string') return Buffer.from(json, 'base64')
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
  throw new DataError(`The payload ${toJson(number).slice(0, 40)} does not fit the schema type ${schema.type}.`)
}

function ofNull(schema: Schema, json: null | undefined, nullIsDefault: boolean): unknown {
  if ((nullIsDefault || json === undefined) && (schema.default ?? null) !== null) return schema.default
  if (schema.optional) return null
  throw new DataError(`Invalid null value for required ${schema.type.toUpperCase()} field`)
}

function cut(number: number | bigint, size: number): number | bigint {
  const integer = typeof number === 'bigint' ? number : Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n
  const value = BigInt.asIntN(size, integer)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function decimal(schema: Schema, json: unknown): string {
  const scale = Number(schema.parameters?.['scale'] ?? 0)
  try {
    if (typeof json === 'string') return decimalText(Buffer.from(json, 'base64'), scale)
    const text = json instanceof NumberLiteral ? json.text : String(json)
    return decimalText(decimalBytes(plainDigits(text), scale), scale)
  } catch (error) {
    throw new DataError(`The payload does not fit the decimal: ${messageOf(error)}.`, { cause: error })
  }
}

function map(schema: Schema, json: object, nullIsDefault: boolean): unknown {
  const read = (item: unknown) => fromPayload(schema.values, item, nullIsDefault)
  if (!Array.isArray(json)) return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, read(item)]))
  return json.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new DataError(
        `Found invalid map entry, expected length 2 but found ${Array.isArray(pair) ? pair.length : typeof pair}`,
      )
    }
    return [fromPayload(schema.keys, pair[0], nullIsDefault), read(pair[1])]
  })
}

function struct(schema: Schema, json: Readonly<Record<string, unknown>>, nullIsDefault: boolean): unknown {
  return Object.fromEntries(
    (schema.fields ?? []).map(({ name, schema: field }) => [
      name,
      fromPayload(field, Object.hasOwn(json, name) ? json[name] : undefined, nullIsDefault),
    ]),
  )
}
