import type { Type } from 'avsc'
import { logicalNames, type Schema, type SchemaField } from '#api'
import {
  type AvroJson,
  type AvroObject,
  type AvroSchema,
  decimalScale,
  defaultOf,
  isEntries,
} from '../../registry/index.ts'
import { confluentNamespace, defaultName, defaultPrecision, logicalTypes, parameters, unionName } from './names.ts'

/** The parts of avsc's types that are walked beside the schema's JSON. */
interface TypeParts {
  readonly fields: readonly { readonly type: Type; defaultValue(): unknown }[]
  readonly types: readonly Type[]
  readonly itemsType: Type
  readonly valuesType: Type
  readonly size: number
  readonly symbols: readonly string[]
}

type Named = Map<string, Schema>

/**
 * The Connect schema of an Avro schema, as Confluent's converter makes it. Of a recursive record it is cyclic.
 * Unions of more than one type besides null become the struct `Union` with one optional field for each branch.
 */
export function toConnect({ json, type, referenced }: AvroSchema): Schema {
  const named: Named = new Map()
  for (const reference of referenced) convert(reference.json, reference.type, named)
  return convert(json, type, named)
}

function convert(json: AvroJson, type: Type, named: Named): Schema {
  if (Array.isArray(json)) return union(json as readonly AvroJson[], type, named)
  if (typeof json === 'string') return named.get(type.name ?? '') ?? simple(type, {})
  const object = json as AvroObject
  const schema = ofObject(object, type, named)
  const preset = 'connect.default' in object ? defaultOf(type, object['connect.default']) : undefined
  return preset === undefined ? schema : { ...schema, default: preset }
}

function ofObject(object: AvroObject, type: Type, named: Named): Schema {
  const parts = type as unknown as TypeParts
  switch (type.typeName) {
    case 'record':
    case 'error':
      return record(object, type, named)
    case 'array':
      return { ...collection(object, parts, named), ...metadata(object) }
    case 'map':
      return {
        type: 'map',
        keys: { type: 'string' },
        values: convert(object['values'] as AvroJson, parts.valuesType, named),
        ...metadata(object),
      }
    default: {
      const schema = simple(type, object)
      if (type.name !== undefined) named.set(type.name, schema)
      return schema
    }
  }
}

function collection({ items }: AvroObject, { itemsType }: TypeParts, named: Named): Schema {
  const entry = convert(items as AvroJson, itemsType, named)
  const [keys, values] = isEntries(items) ? (entry.fields ?? []).map((field) => field.schema) : []
  return keys && values ? { type: 'map', keys, values } : { type: 'array', values: entry }
}

function record(json: AvroObject, type: Type, named: Named): Schema {
  const fields: SchemaField[] = []
  const name = type.name === undefined || type.name.startsWith(defaultName) ? {} : { name: type.name }
  const doc = typeof json['doc'] === 'string' ? { doc: json['doc'] } : {}
  const schema: Schema = { type: 'struct', ...name, ...doc, ...metadata(json), fields }
  // Known before its fields are: they may be of this very record.
  if (type.name !== undefined) named.set(type.name, schema)
  const parts = (type as unknown as TypeParts).fields
  for (const [index, field] of (json['fields'] as readonly AvroObject[]).entries()) {
    const part = parts[index]
    if (part) fields.push({ name: String(field['name']), schema: ofField(field, part, named) })
  }
  return schema
}

function ofField(json: AvroObject, field: TypeParts['fields'][number], named: Named): Schema {
  const schema = convert(json['type'] as AvroJson, field.type, named)
  const value = field.defaultValue()
  return {
    ...schema,
    ...(value !== undefined && { default: value }),
    ...(typeof json['doc'] === 'string' && { doc: json['doc'] }),
  }
}

function union(branches: readonly AvroJson[], type: Type, named: Named): Schema {
  const { types } = type as unknown as TypeParts
  const schemas = types.flatMap((branch, index) => {
    const json = branches[index]
    return json === undefined || branch.typeName === 'null' ? [] : [{ branch, schema: convert(json, branch, named) }]
  })
  const nullable = schemas.length < types.length
  const [first, second] = schemas
  if (first === undefined) return nothing
  if (second === undefined) return nullable ? { ...first.schema, optional: true } : first.schema
  return {
    type: 'struct',
    name: unionName,
    fields: schemas.map(({ branch, schema }) => ({
      name: branch.branchName ?? '',
      schema: { ...schema, optional: true },
    })),
    ...(nullable && { optional: true }),
  }
}

/** Avro's null. */
const nothing: Schema = { type: 'string', optional: true, parameters: { [parameters.type]: 'null' } }

const primitives: Readonly<Record<string, Schema>> = {
  null: nothing,
  boolean: { type: 'boolean' },
  int: { type: 'int32' },
  long: { type: 'int64' },
  float: { type: 'float32' },
  double: { type: 'float64' },
  bytes: { type: 'bytes' },
  string: { type: 'string' },
}

function simple(type: Type, json: AvroObject): Schema {
  const base = primitives[type.typeName]
  if (base) return refine({ ...base, ...narrow(json) }, logical(type.typeName, json), metadata(json))
  const { symbols, size } = type as unknown as TypeParts
  const name = type.name ?? ''
  if (type.typeName === 'enum') {
    const facts = Object.fromEntries(symbols.map((symbol) => [`${parameters.enum}.${symbol}`, symbol]))
    return refine(
      { type: 'string', name, ...(typeof json['doc'] === 'string' && { doc: json['doc'] }) },
      { parameters: { [parameters.enum]: name, ...facts, [parameters.allowed]: symbols.join(',') } },
      metadata(json),
    )
  }
  const facts = { [parameters.fixedSize]: String(size), [parameters.size]: String(size), [parameters.fixedName]: name }
  return refine({ type: 'bytes', name, parameters: facts }, logical('bytes', json), metadata(json))
}

/** `connect.type` tells Connect's smaller integers, which Avro does not have. */
function narrow({ 'connect.type': type }: AvroObject): Partial<Schema> {
  return type === 'int8' || type === 'int16' ? { type } : {}
}

function logical(typeName: string, json: AvroObject): Partial<Schema> {
  const name = json['logicalType']
  if (typeof name !== 'string') return {}
  const known = logicalTypes[name]
  if (known?.avro === typeName) return { name: logicalNames[known.connect], version: 1 }
  const scale = name === 'decimal' && typeName === 'bytes' ? decimalScale(json) : undefined
  if (scale === undefined) return { parameters: { [parameters.logicalType]: name } }
  // The precision that is taken where none is given says nothing.
  const precision = Number(json['precision'])
  const facts = {
    [parameters.scale]: String(scale),
    ...(precision !== defaultPrecision && { [parameters.precision]: String(precision) }),
  }
  return { name: logicalNames.decimal, version: 1, parameters: facts }
}

/** Later parts win, but their parameters are added to the former. */
function refine(...parts: readonly (Schema | Partial<Schema>)[]): Schema {
  const merged = Object.assign({}, ...parts) as Schema
  const all = Object.assign({}, ...parts.map((part) => part.parameters)) as Record<string, string>
  return Object.keys(all).length > 0 ? { ...merged, parameters: all } : merged
}

/** What Connect's own converter leaves in an Avro schema (`connect.meta.data`). */
function metadata(json: AvroObject): Partial<Schema> {
  const { 'connect.name': name, 'connect.version': version, 'connect.doc': doc, 'connect.parameters': facts } = json
  const generic = typeof name === 'string' && name.startsWith(`${confluentNamespace}.`)
  return {
    ...(typeof name === 'string' && !generic && { name }),
    ...(typeof version === 'number' && { version }),
    ...(typeof doc === 'string' && { doc }),
    ...(typeof facts === 'object' && facts !== null && { parameters: facts as Record<string, string> }),
  }
}
