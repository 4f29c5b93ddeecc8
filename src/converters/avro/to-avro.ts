import { DataError, logicalNames, type Schema } from '#api'
import type { AvroJson, AvroObject } from '../../registry/index.ts'
import { stringifyExactly } from '../../util/exact-json.ts'
import { toDefault } from './defaults.ts'
import {
  confluentNamespace,
  defaultName,
  defaultPrecision,
  entryName,
  logicalTypes,
  parameters,
  unionName,
} from './names.ts'

export interface ToAvroOptions {
  /** Whether names, versions and parameters of Connect are kept in the Avro schema (`connect.meta.data`). */
  readonly metaData: boolean
  /** Whether docs are those of Avro's fields and records (`discard.type.doc.default`). */
  readonly fieldDocs: boolean
  /** Whether optional strings may be the keys of a map (`allow.optional.map.keys`). */
  readonly optionalKeys: boolean
}

interface Definition {
  readonly schema: Schema
  /** The fields themselves, or the symbols, or the size: who has the same is the same. */
  readonly of: unknown
  complete: boolean
}

interface Context extends ToAvroOptions {
  /** What each name was given to. */
  readonly named: Map<string, Definition>
  /** Of the record around. */
  readonly namespace: string
}

/** The Avro schema of a Connect schema that was made elsewhere, as Confluent's converter makes it. */
export function toAvro(schema: Schema, options: ToAvroOptions): AvroJson {
  return convert(schema, { ...options, named: new Map(), namespace: '' })
}

function convert(schema: Schema, context: Context): AvroJson {
  if (schema.parameters?.[parameters.type] === 'null') return 'null'
  const type = schema.name === unionName ? branches(schema, context) : required(schema, context)
  if (!schema.optional) return type
  const types = Array.isArray(type) ? (type as AvroJson[]) : [type]
  return (schema.default ?? null) === null ? ['null', ...types] : [...types, 'null']
}

function branches({ fields = [], default: preset }: Schema, context: Context): AvroJson {
  const isDefault = (name: string) => Number(typeof preset === 'object' && preset !== null && name in preset)
  return fields
    .toSorted((a, b) => isDefault(b.name) - isDefault(a.name))
    .map((field) => required(field.schema, context))
}

function required(schema: Schema, context: Context): AvroJson {
  const symbols = schema.parameters?.[parameters.allowed]
  switch (schema.type) {
    case 'int8':
    case 'int16':
      return annotate({ type: 'int', ...(context.metaData && { 'connect.type': schema.type }) }, schema, context)
    case 'int32':
    case 'int64':
      return annotate({ type: schema.type === 'int32' ? 'int' : 'long', ...logical(schema) }, schema, context)
    case 'float32':
      return annotate({ type: 'float' }, schema, context)
    case 'float64':
      return annotate({ type: 'double' }, schema, context)
    case 'boolean':
      return annotate({ type: 'boolean' }, schema, context)
    case 'string': {
      const name = schema.parameters?.[parameters.enum]
      if (name !== undefined && symbols !== undefined) {
        return define(name, symbols, schema, context, () => ({ type: 'enum', symbols: symbols.split(',') }))
      }
      return annotate({ type: 'string', ...logical(schema) }, schema, context)
    }
    case 'bytes':
      return bytes(schema, context)
    case 'array':
      return annotate({ type: 'array', items: convert(part(schema.values, schema), context) }, schema, context)
    case 'map':
      return map(schema, context)
    case 'struct':
      return struct(schema, context)
  }
}

function part(schema: Schema | undefined, whole: Schema): Schema {
  if (schema) return schema
  throw new DataError(`The schema ${whole.name ?? whole.type} does not say what it holds, and Avro must know.`)
}

function logical({ name, parameters: facts }: Schema): AvroObject {
  const own = Object.entries(logicalTypes).find(([, { connect }]) => logicalNames[connect] === name)
  const logicalType = own?.[0] ?? facts?.[parameters.logicalType]
  return logicalType === undefined ? {} : { logicalType }
}

function bytes(schema: Schema, context: Context): AvroJson {
  const facts = schema.parameters ?? {}
  const size = facts[parameters.fixedSize]
  const scale = Number(facts[parameters.scale] ?? 0)
  const precision = Math.max(Number(facts[parameters.precision] ?? defaultPrecision), scale)
  const kind = schema.name === logicalNames.decimal ? { logicalType: 'decimal', precision, scale } : logical(schema)
  if (size === undefined) return annotate({ type: 'bytes', ...kind }, schema, context)
  const name = facts[parameters.fixedName] ?? schema.name ?? `${confluentNamespace}.ConnectFixed${size}`
  return define(name, size, schema, context, () => ({ type: 'fixed', size: Number(size), ...kind }))
}

function map(schema: Schema, context: Context): AvroJson {
  const [keys, values] = [part(schema.keys, schema), part(schema.values, schema)]
  if (keys.type === 'string' && (!keys.optional || context.optionalKeys)) {
    return annotate({ type: 'map', values: convert(values, context) }, schema, context)
  }
  const entry: Schema = {
    type: 'struct',
    fields: [
      { name: 'key', schema: keys },
      { name: 'value', schema: values },
    ],
  }
  const items = {
    ...(struct(entry, context, entryName) as AvroObject),
    'connect.internal.type': 'MapEntry',
  }
  return annotate({ type: 'array', items }, schema, context)
}

/** Structs without a name, and entries, are numbered where Avro would see two of one name. */
function struct(schema: Schema, context: Context, first = defaultName): AvroJson {
  const name = schema.name ?? freeName(first, schema, context)
  return define(name, schema.fields, schema, context, (inside) => ({
    type: 'record',
    fields: (schema.fields ?? []).map((field) => ({
      name: field.name,
      type: convert(field.schema, inside),
      ...(field.schema.default !== undefined && field.schema.default !== null
        ? { default: toDefault(field.schema, field.schema.default) }
        : field.schema.optional && { default: null }),
      ...(field.schema.doc !== undefined && !hasConnectDoc(context) && { doc: field.schema.doc }),
    })),
  }))
}

/** Defines a named type where it comes first, and names it after that. */
function define(
  name: string,
  of: unknown,
  schema: Schema,
  context: Context,
  body: (inside: Context) => AvroObject,
): AvroJson {
  const known = context.named.get(name)
  if (known) {
    if (known.of !== of && !isSame(known, schema, context)) {
      throw new DataError(`Two different types have the name ${name}, which Avro does not allow.`)
    }
    return name.includes('.') || context.namespace === '' ? name : `.${name}`
  }
  const definition: Definition = { schema, of, complete: false }
  context.named.set(name, definition)
  const dot = name.lastIndexOf('.')
  const namespace = name.slice(0, Math.max(dot, 0))
  const json = {
    name: name.slice(dot + 1),
    ...((namespace !== '' || context.namespace !== '') && { namespace }),
    ...body({ ...context, namespace }),
  }
  definition.complete = true
  return annotate(json, schema, context)
}

/** The name, or the first with a number that is not another type's. */
function freeName(first: string, schema: Schema, { named }: Context): string {
  const isFree = (name: string) => !named.has(name) || named.get(name)?.of === schema.fields
  let name = first
  for (let next = 2; !isFree(name); next++) name = `${first}${next}`
  return name
}

/** Whether two schema objects define the same type, each looked at by itself. */
function isSame(known: Definition, schema: Schema, context: Context): boolean {
  const text = (of: Schema): string => stringifyExactly(required(of, { ...context, named: new Map() }))
  return known.complete && text(known.schema) === text(schema)
}

const internal = new Set<string>(Object.values(parameters).filter((name) => name !== parameters.scale))

/** Whether a doc stands where only Connect looks for it, as Confluent's converter has it. */
const hasConnectDoc = ({ metaData, fieldDocs }: Context): boolean => metaData && !fieldDocs

function annotate(json: AvroObject, schema: Schema, context: Context): AvroJson {
  const { metaData } = context
  const facts = Object.entries(schema.parameters ?? {}).filter(
    ([name]) => !internal.has(name) && !name.startsWith(`${parameters.enum}.`),
  )
  const annotated = {
    ...json,
    ...(schema.doc !== undefined && !hasConnectDoc(context) && isNamed(json) && { doc: schema.doc }),
    ...(schema.doc !== undefined && metaData && { 'connect.doc': schema.doc }),
    ...(metaData && schema.version !== undefined && { 'connect.version': schema.version }),
    ...(metaData && facts.length > 0 && { 'connect.parameters': Object.fromEntries(facts) }),
    ...(metaData && (schema.default ?? null) !== null && { 'connect.default': toDefault(schema, schema.default) }),
    ...(metaData && schema.name !== undefined && { 'connect.name': schema.name }),
  }
  return Object.keys(annotated).length === 1 ? String(json['type']) : annotated
}

const isNamed = ({ type }: AvroObject): boolean => type === 'record' || type === 'enum'
