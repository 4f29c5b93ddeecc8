import { DataError, type Schema, type SchemaField, toJson } from '#api'
import type { JsonSchema, JsonSchemaNode } from '../../registry/index.ts'
import type { JsonSchemaOptions } from './config.ts'
import { alternatives, isNull, isNumber, type Keywords, normal } from './keywords.ts'
import { anyName, enumParameter, keywords, nullMarker, unionField, unionName } from './names.ts'
import { readValue } from './read.ts'

interface Context {
  readonly schema: JsonSchema
  readonly options: JsonSchemaOptions
  /** In which of the documents. */
  readonly document: string
  /** Structs under way, by their keywords: a schema may contain itself. */
  readonly named: Map<Keywords, Schema>
  /** What is being looked at without an object between: a `$ref` to it would go round for ever. */
  readonly path: readonly Keywords[]
}

/** The Connect schema of a JSON Schema, as Confluent's converter makes it. Of one that contains itself it is cyclic. */
export function toConnect(schema: JsonSchema, options: JsonSchemaOptions): Schema {
  return convert(schema.json, { schema, options, document: '', named: new Map(), path: [] })
}

function convert(given: JsonSchemaNode, context: Context): Schema {
  const node = normal(given)
  if (context.path.includes(node)) throw new DataError('The JSON Schema refers to itself and says nothing else.')
  const inside = { ...context, path: [...context.path, node] }
  const ref = node['$ref']
  if (typeof ref === 'string') {
    const { node: target, document } = context.schema.resolve(ref, context.document)
    return convert(target, { ...inside, document })
  }
  const known = context.named.get(node)
  if (known) return known
  const branches = alternatives(node)
  if (branches) return annotated(union(branches, inside), node, inside)
  return annotated(single(node, inside), node, inside)
}

function union(branches: readonly JsonSchemaNode[], context: Context): Schema {
  const others = branches.filter((branch) => !isNull(branch))
  const nullable = others.length < branches.length
  const [only] = others
  if (only === undefined) throw new DataError('The JSON Schema allows nothing but null, which no Connect schema says.')
  if (others.length === 1) return { ...convert(only, context), ...(nullable && { optional: true }) }
  return {
    type: 'struct',
    name: unionName,
    fields: others.map((branch, index) => ({
      name: unionField(index),
      schema: { ...convert(branch, context), optional: true },
    })),
    ...(nullable && { optional: true }),
  }
}

const numbers = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64'] as const

function single(node: Keywords, context: Context): Schema {
  const connect = node[keywords.type]
  const type = node['type']
  const values = Array.isArray(node['enum']) ? node['enum'] : 'const' in node ? [node['const']] : undefined
  if (values && type !== 'integer' && type !== 'number' && !values.every(isNumber)) return enumOf(values)
  const told: unknown = type ?? (values ? (values.every(Number.isInteger) ? 'integer' : 'number') : undefined)
  switch (told) {
    case 'boolean':
      return { type: 'boolean' }
    case 'integer':
    case 'number': {
      if (connect === 'bytes') return { type: 'bytes' }
      const named = numbers.find((each) => each === connect)
      if (named === undefined && connect !== undefined) throw new DataError(`Unsupported type ${toJson(connect)}`)
      return { type: named ?? (told === 'number' ? 'float64' : 'int64') }
    }
    case 'string':
      return { type: connect === 'bytes' ? 'bytes' : 'string' }
    case 'array':
      return array(node, context)
    case 'object':
      return connect === 'map' || isMap(node) ? map(node, context) : struct(node, context)
    default:
      // A schema that says nothing of the type.
      return { type: 'string', name: anyName, optional: true }
  }
}

/** Whether an object has no properties of its own but says what all of them are. */
const isMap = ({ properties, additionalProperties }: Keywords): boolean =>
  properties === undefined && typeof additionalProperties === 'object'

function enumOf(values: readonly unknown[]): Schema {
  const symbols = values.map((value) =>
    value === null ? nullMarker : typeof value === 'string' ? value : toJson(value),
  )
  return {
    type: 'string',
    ...(values.includes(null) && { optional: true }),
    parameters: {
      [enumParameter]: '',
      ...Object.fromEntries(symbols.map((symbol) => [`${enumParameter}.${symbol}`, symbol])),
    },
  }
}

/** What is in an object or a list may be the schema around it. */
const deeper = (context: Context): Context => ({ ...context, path: [] })

function array(node: Keywords, context: Context): Schema {
  const items = (Array.isArray(node['items']) ? undefined : node['items']) as JsonSchemaNode | undefined
  if (items === undefined) throw new DataError('Array schema did not specify the items type')
  if (node[keywords.type] === 'map') {
    const entry = normal(items)['properties'] as Readonly<Record<string, JsonSchemaNode>> | undefined
    const [keys, values] = [entry?.['key'], entry?.['value']]
    if (keys !== undefined && values !== undefined) {
      return { type: 'map', keys: convert(keys, deeper(context)), values: convert(values, deeper(context)) }
    }
  }
  return { type: 'array', values: convert(items, deeper(context)) }
}

const map = (node: Keywords, context: Context): Schema => ({
  type: 'map',
  keys: { type: 'string' },
  values: convert((node['additionalProperties'] ?? true) as JsonSchemaNode, deeper(context)),
})

function struct(node: Keywords, context: Context): Schema {
  const fields: SchemaField[] = []
  const schema: Schema = { type: 'struct', ...(typeof node['title'] === 'string' && { name: node['title'] }), fields }
  // Known before its fields are: they may be of this very object.
  context.named.set(node, schema)
  const required = Array.isArray(node['required']) ? node['required'] : []
  const properties = Object.entries((node['properties'] ?? {}) as Readonly<Record<string, JsonSchemaNode>>)
  const sorted = properties
    .map(([name, each], at) => ({ name, each, index: Number(normal(each)[keywords.index] ?? at) }))
    .toSorted((a, b) => a.index - b.index)
  for (const { name, each } of sorted) {
    const field = convert(each, deeper(context))
    const optional = context.options['use.optional.for.nonrequired'] && !required.includes(name)
    fields.push({ name, schema: optional ? { ...field, optional: true } : field })
  }
  return schema
}

/** What a schema says beside its type. */
function annotated(schema: Schema, node: Keywords, { options }: Context): Schema {
  const { title, description, default: preset } = node
  const { [keywords.version]: version, [keywords.parameters]: facts } = node
  const parameters = typeof facts === 'object' && facts !== null ? (facts as Record<string, string>) : undefined
  const named: Schema = {
    ...schema,
    ...(typeof title === 'string' && schema.name === undefined && { name: title }),
    ...(typeof version === 'number' && { version }),
    ...(typeof description === 'string' && { doc: description }),
    ...(parameters && { parameters: { ...schema.parameters, ...parameters } }),
  }
  return preset === undefined || preset === null ? named : { ...named, default: readValue(named, preset, options) }
}
