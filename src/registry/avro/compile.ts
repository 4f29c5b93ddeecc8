import avsc, { type Type } from 'avsc'
import { DataError, messageOf } from '#api'
import { parseExactly } from '../../util/exact-json.ts'
import type { RegistrySchema, SchemaReference } from '../format.ts'
import { ArrayType, EntriesType, MapType } from './collections.ts'
import { DecimalBytesType, DecimalFixedType, decimalScale } from './decimal.ts'
import { EnumType } from './enum-type.ts'
import { internals, type Schema, type SchemaOptions } from './internals.ts'
import { DoubleType, FloatType, IntType, LongType } from './numbers.ts'
import { createUnion } from './union.ts'

/** The JSON of an Avro schema, or a part of it. */
export type AvroJson = string | readonly AvroJson[] | AvroObject
export type AvroObject = { readonly [attribute: string]: unknown }

/** An Avro schema in all its forms. */
export interface AvroSchema extends RegistrySchema {
  readonly json: AvroJson
  /** Reads and writes values as `Schema` of the API describes them. */
  readonly type: Type
  /** The schemas whose named types this one uses, and before them the ones that they use. */
  readonly referenced: readonly AvroSchema[]
}

/** Makes an Avro schema of its text. Throws `DataError` naming what is wrong, and where if it is not even JSON. */
export function compileAvro(
  text: string,
  references: readonly SchemaReference[] = [],
  referenced: readonly AvroSchema[] = [],
): AvroSchema {
  const json = parse(text)
  const options: Partial<SchemaOptions> = { registry: {}, omitRecordMethods: true, typeHook: substitute }
  try {
    for (const { json: named } of referenced) avsc.Type.forSchema(named as Schema, options)
    const type = avsc.Type.forSchema(json as Schema, options)
    makePlain(type, new Set())
    return { text, json, type, references, referenced }
  } catch (error) {
    throw new DataError(`The text is not an Avro schema: ${messageOf(error)}.`, { cause: error })
  }
}

function parse(text: string): AvroJson {
  try {
    return parseExactly(text) as AvroJson
  } catch (error) {
    // A bare name, as some registries send a primitive schema.
    if (/^\w+$/.test(text)) return text
    throw new DataError(`The text is not an Avro schema: ${messageOf(error)}.`, { cause: error })
  }
}

const primitives: Readonly<Record<string, Type>> = {
  int: new IntType(),
  long: new LongType(),
  float: new FloatType(),
  double: new DoubleType(),
}

/** avsc asks this for every part of a schema, and makes its own type of what gets no answer. */
function substitute(schema: Schema, options: SchemaOptions): Type | undefined {
  if (typeof schema === 'string') return primitives[schema]
  if (Array.isArray(schema)) return createUnion(schema.map((branch) => avsc.Type.forSchema(branch as Schema, options)))
  const json = schema as AvroObject
  const { type, precision, size, fields } = json
  const scale = json['logicalType'] === 'decimal' ? decimalScale(json) : undefined
  switch (type) {
    case 'array':
      return isEntries(json['items']) ? new EntriesType(schema, options) : new ArrayType(schema, options)
    case 'map':
      return new MapType(schema, options)
    case 'enum':
      return new EnumType(schema, options)
    case 'bytes':
      return scale === undefined ? undefined : new DecimalBytesType(scale, Number(precision))
    case 'fixed':
      return scale === undefined || !isSize(size)
        ? undefined
        : new DecimalFixedType(schema, options, scale, Number(precision))
    case 'record':
    case 'error':
      if (Array.isArray(fields) && fields.some((field) => (field as AvroObject | null)?.['name'] === '__proto__')) {
        throw new Error('a field cannot be named __proto__')
      }
      return undefined
    default:
      return typeof type === 'string' ? primitives[type] : undefined
  }
}

const isSize = (size: unknown): boolean => Number.isInteger(size) && Number(size) >= 0

/** Whether an array's items are the entries of a map (see `EntriesType`). */
export const isEntries = (items: unknown): boolean => {
  if (typeof items !== 'object' || items === null) return false
  const { 'connect.internal.type': internal, name, namespace } = items as AvroObject
  if (internal === 'MapEntry') return true
  // Older converters have the name alone.
  return namespace === undefined ? name === entryName : [namespace, name].join('.') === entryName
}

const entryName = 'io.confluent.connect.avro.MapEntry'

/** A default as a schema's JSON has it, as a value of the type; undefined when it is none. */
export function defaultOf(type: Type, json: unknown): unknown {
  try {
    // oxlint-disable-next-line no-underscore-dangle -- the name is avsc's
    return internals(type)._copy(json, { coerce: 2, wrap: 2 })
  } catch {
    // Java's converter passes over it too.
    return undefined
  }
}

/** Decoded records are plain objects, not instances of classes that avsc makes. */
function makePlain(type: Type, seen: Set<Type>): void {
  if (seen.has(type)) return
  seen.add(type)
  for (const part of partsOf(type)) makePlain(part, seen)
  const constructor = (type as { recordConstructor?: { prototype: unknown } }).recordConstructor
  if (constructor) constructor.prototype = Object.prototype
}

function partsOf(type: Type): readonly Type[] {
  const { fields, types, itemsType, valuesType } = type as {
    fields?: readonly { type: Type }[]
    types?: readonly Type[]
    itemsType?: Type
    valuesType?: Type
  }
  return [
    ...(fields ?? []).map((field) => field.type),
    ...(types ?? []),
    ...[itemsType, valuesType].filter((part) => part !== undefined),
  ]
}
