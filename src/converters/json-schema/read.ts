import { DataError, logicalNames, messageOf, type Schema, toJson } from '#api'
import { decimalBytes, decimalText } from '../../registry/index.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import { exactNumber, NumberLiteral, plainDigits } from '../json/number-literal.ts'
import type { JsonSchemaOptions } from './config.ts'
import { anyName, unionName } from './names.ts'

const bits: Partial<Record<Schema['type'], number>> = { int8: 8, int16: 16, int32: 32, int64: 64 }

type Json = Readonly<Record<string, unknown>>

/**
 * Parsed JSON as the value of its schema, as Confluent's converter reads it: unknown properties are ignored, absent ones are
 * their default or null, integers are cut to their size. What is of another kind than its schema is an error.
 */
export function readValue(schema: Schema, given: unknown, options: JsonSchemaOptions): unknown {
  if (given === null || given === undefined) return ofNull(schema, given)
  if (schema.name === logicalNames.decimal && schema.type === 'bytes') return decimal(schema, given)
  const json = given instanceof NumberLiteral ? exactNumber(given) : given
  if (schema.name === anyName) return stringifyExactly(plain(given))
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      if (typeof json === 'number' || typeof json === 'bigint') return cut(json, bits[schema.type] ?? 64)
      break
    case 'float32':
    case 'float64':
      if (typeof json === 'number' || typeof json === 'bigint') return Number(json)
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
      if (Array.isArray(json)) return json.map((item) => readValue(schema.values ?? any, item, options))
      break
    case 'map':
      if (typeof json === 'object') return readMap(schema, json, options)
      break
    case 'struct':
      if (schema.name === unionName) return readUnion(schema, json, options)
      if (isObject(json)) return readStruct(schema, json, options)
      break
  }
  throw misfit(schema, json)
}

const any: Schema = { type: 'string', name: anyName, optional: true }

const misfit = (schema: Schema, json: unknown): DataError =>
  new DataError(`has ${toJson(json).slice(0, 40)} where its schema has the type ${schema.type}`)

const isObject = (json: unknown): json is Json => typeof json === 'object' && json !== null && !Array.isArray(json)

function ofNull(schema: Schema, json: null | undefined): unknown {
  if ((schema.default ?? null) !== null) return schema.default
  if (json === undefined || schema.optional) return null
  throw new DataError(`has null where its schema has the type ${schema.type}, which is not optional`)
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
    throw new DataError(`has no decimal of its scale: ${messageOf(error)}`, { cause: error })
  }
}

function readMap({ keys, values = any }: Schema, json: object, options: JsonSchemaOptions): unknown {
  if (!Array.isArray(json)) {
    return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, readValue(values, item, options)]))
  }
  return json.map((entry: unknown) => {
    if (!isObject(entry) || Object.keys(entry).length !== 2) {
      throw new DataError('has an entry of a map that is not an object of key and value')
    }
    return [readValue(keys ?? any, entry['key'], options), readValue(values, entry['value'], options)]
  })
}

const readStruct = ({ fields = [] }: Schema, json: Json, options: JsonSchemaOptions): unknown =>
  Object.fromEntries(
    fields.map(({ name, schema }) => [
      name,
      readValue(schema, Object.hasOwn(json, name) ? json[name] : undefined, options),
    ]),
  )

/** The first branch of the value's kind, and among objects that with the most properties in common. */
function readUnion({ fields = [] }: Schema, json: unknown, options: JsonSchemaOptions): unknown {
  const simple = fields.find(({ schema }) => isOfKind(schema, json))
  const [best] = fields
    .map((field) => ({ field, common: inCommon(field.schema, json) }))
    .filter(({ common }) => common > 0)
    .toSorted((a, b) => b.common - a.common)
  const chosen = simple ?? best?.field
  if (!chosen) throw new DataError(`has ${toJson(plain(json)).slice(0, 40)}, which is none of the types of its schema`)
  return { [chosen.name]: readValue(chosen.schema, json, options) }
}

function isOfKind({ type, name }: Schema, json: unknown): boolean {
  if (name === anyName) return true
  switch (type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return typeof json === 'bigint' || Number.isInteger(json)
    case 'float32':
    case 'float64':
      return typeof json === 'bigint' || typeof json === 'number'
    case 'boolean':
    case 'string':
      return typeof json === type
    case 'bytes':
      return typeof json === 'string'
    case 'array':
      return Array.isArray(json)
    case 'map':
      return typeof json === 'object'
    case 'struct':
      return false
  }
}

function inCommon({ type, fields = [] }: Schema, json: unknown): number {
  if (type !== 'struct' || !isObject(json)) return 0
  return fields
    .filter(({ name }) => Object.hasOwn(json, name))
    .reduce((sum, { name, schema }) => sum + 1 + inCommon(schema, json[name]), 0)
}

/** Without `NumberLiteral`s. */
function plain(json: unknown): unknown {
  if (json instanceof NumberLiteral) return exactNumber(json)
  if (Array.isArray(json)) return json.map(plain)
  return isObject(json) ? Object.fromEntries(Object.entries(json).map(([key, item]) => [key, plain(item)])) : json
}
