import { DataError, logicalNames, type Schema } from '#api'
import { parseExactly } from '../../util/exact-json.ts'
import type { JsonSchemaOptions } from './config.ts'
import type { Keywords } from './keywords.ts'
import { anyName, draft, enumParameter, keywords, nullMarker, ownParameter, unionName } from './names.ts'
import { writeValue } from './write.ts'

interface Context {
  readonly options: JsonSchemaOptions
  /** The structs around. */
  readonly open: readonly unknown[]
  /** Those among them that contain themselves, by their fields. */
  readonly cyclic: Map<unknown, string>
}

/** The JSON Schema of a Connect schema that was made elsewhere, as Confluent's converter makes it. */
export function toJsonSchema(schema: Schema, options: JsonSchemaOptions): Keywords {
  const context: Context = { options, open: [], cyclic: new Map() }
  const json = convert(schema, context)
  if (context.cyclic.size === 0) return { $schema: draft, ...json }
  const definitions: Record<string, Keywords> = {}
  // Each is written once more by itself, where it is referred to.
  for (const [fields, name] of context.cyclic) {
    const found = findStruct(schema, fields, new Set())
    if (found) definitions[name] = convert({ ...found, optional: false }, { ...context, open: [] })
  }
  return { $schema: draft, ...json, definitions }
}

function findStruct(schema: Schema | undefined, fields: unknown, seen: Set<unknown>): Schema | undefined {
  if (!schema || (schema.fields && seen.has(schema.fields))) return undefined
  if (schema.fields === fields) return schema
  if (schema.fields) seen.add(schema.fields)
  for (const each of [schema.keys, schema.values, ...(schema.fields ?? []).map((field) => field.schema)]) {
    const found = findStruct(each, fields, seen)
    if (found) return found
  }
  return undefined
}

function convert(schema: Schema, context: Context, index?: number): Keywords {
  const at = index === undefined ? {} : { [keywords.index]: index }
  if (schema.name === unionName && schema.type === 'struct') return { ...union(schema, context), ...at }
  if (schema.name === anyName) return at
  const json = { ...required(schema, context), ...annotations(schema, context) }
  return schema.optional ? { oneOf: [{ type: 'null' }, json], ...at } : { ...json, ...at }
}

function union({ fields = [], optional }: Schema, context: Context): Keywords {
  const branches = fields.map(({ schema }, index) => convert({ ...schema, optional: false }, context, index))
  return { oneOf: [...(optional ? [{ type: 'null' }] : []), ...branches] }
}

function required(schema: Schema, context: Context): Keywords {
  const { type } = schema
  switch (type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return { type: 'integer', [keywords.type]: type }
    case 'float32':
    case 'float64':
      return { type: 'number', [keywords.type]: type }
    case 'boolean':
      return { type }
    case 'string':
      return schema.parameters?.[enumParameter] === undefined ? { type } : { enum: symbols(schema) }
    case 'bytes': {
      const isNumber = schema.name === logicalNames.decimal && context.options['decimal.format'] === 'NUMERIC'
      return { type: isNumber ? 'number' : 'string', [keywords.type]: type }
    }
    case 'array':
      return { type, items: convert(part(schema.values), context) }
    case 'map':
      return map(schema, context)
    case 'struct':
      return struct(schema, context)
  }
}

const symbols = ({ parameters = {} }: Schema): readonly (string | null)[] =>
  Object.keys(parameters)
    .filter((name) => name.startsWith(`${enumParameter}.`))
    .map((name) => name.slice(enumParameter.length + 1))
    .map((symbol) => (symbol === nullMarker ? null : symbol))

function part(schema: Schema | undefined): Schema {
  if (schema) return schema
  throw new DataError('A list or map has a schema that does not say what it holds, and JSON Schema must know.')
}

function map(schema: Schema, context: Context): Keywords {
  const [keys, values] = [part(schema.keys), part(schema.values)]
  if (keys.type === 'string' && !keys.optional) {
    return { type: 'object', [keywords.type]: 'map', additionalProperties: convert(values, context) }
  }
  const properties = { key: convert(keys, context, 0), value: convert(values, context, 1) }
  return { type: 'array', [keywords.type]: 'map', items: { type: 'object', properties } }
}

function struct(schema: Schema, context: Context): Keywords {
  if (context.open.includes(schema.fields)) {
    const name = context.cyclic.get(schema.fields) ?? `${schema.name ?? 'Struct'}${context.cyclic.size || ''}`
    context.cyclic.set(schema.fields, name)
    return { $ref: `#/definitions/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` }
  }
  const inside = { ...context, open: [...context.open, schema.fields] }
  const properties = (schema.fields ?? []).map(({ name, schema: field }, index) => [
    name,
    convert(field, inside, index),
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(!context.options['object.additional.properties'] && { additionalProperties: false }),
  }
}

function annotations(schema: Schema, { options }: Context): Keywords {
  const { name, version, doc, default: preset } = schema
  const facts = Object.entries(schema.parameters ?? {}).filter(([key]) => !key.startsWith(ownParameter))
  const text = (preset ?? null) === null ? undefined : writeValue(schema, preset, options)
  return {
    ...(name !== undefined && { title: name }),
    ...(version !== undefined && { [keywords.version]: version }),
    ...(doc !== undefined && { description: doc }),
    ...(facts.length > 0 && { [keywords.parameters]: Object.fromEntries(facts) }),
    ...(text !== undefined && { default: parseExactly(text) }),
  }
}
