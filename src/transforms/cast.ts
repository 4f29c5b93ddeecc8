import { DataError, defineConfig, defineTransformation, logicalNames, type Schema, type SchemaField } from '#api'
import { type CastType, castTypes, castValue } from './cast-value.ts'
import {
  basicsOf,
  fieldsOf,
  memoized,
  putField,
  readEntry,
  readField,
  replaceNullKey,
  requireMap,
  requireStruct,
  setEntry,
  structLike,
} from './fields.ts'
import { splitAtColons } from './options.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'cast types'

const config = defineConfig({
  spec: {
    type: 'list',
    importance: 'high',
    validator: Object.assign(complaint, { sentence: true, whenNull: 'Must specify at least one field to cast.' }),
    doc: `Pairs of a field and its new type, such as \`count:int32,ok:boolean\`, or one type alone for the whole key or value. Types are ${castTypes.join(', ')}; bytes become strings only.`,
  },
  'replace.null.with.default': replaceNullKey,
  on: onKey,
})

/** Kafka Connect's `Cast`. */
export const cast = defineTransformation({
  name: 'Cast',
  aliases: ['org.apache.kafka.connect.transforms.Cast'],
  version,
  doc: 'Makes the key or value, or fields of it, another type. Numbers are cut to their new size as in Java; text that is no number of the new type is an error. Null stays null.',
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const { whole, fields } = parseSpec(options.spec)
    const withDefault = options['replace.null.with.default']
    const schemaFor = memoized((schema: Schema) => castSchema(schema, whole, fields))
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      const updated = schema && schemaFor(schema)
      if (whole !== undefined) return side.replace(record, updated, castValue(schema, value, whole))
      if (!schema || !updated) {
        const map = requireMap(value, purpose)
        const copy = { ...map }
        for (const [name, type] of fields) setEntry(copy, name, castValue(undefined, readEntry(map, name), type))
        return side.replace(record, undefined, copy)
      }
      const struct = requireStruct(schema, value, purpose)
      const copy: Record<string, unknown> = {}
      for (const [index, field] of (schema.fields ?? []).entries()) {
        const type = fields.get(field.name)
        const item = readField(struct, field, withDefault)
        putField(copy, updated.fields?.[index] ?? field, type ? castValue(field.schema, item, type) : item)
      }
      return side.replace(record, updated, copy)
    }
  },
})

const logical: ReadonlySet<string> = new Set(Object.values(logicalNames))

function castSchema(schema: Schema, whole: CastType | undefined, casts: ReadonlyMap<string, CastType>): Schema {
  const preset = schema.default ?? null
  if (whole === undefined) {
    const fields = fieldsOf(schema).map((field) => castField(field, casts.get(field.name)))
    // As in Java: a struct's default cannot be cast, whatever is in it.
    if (preset !== null) castValue(schema, preset, 'string')
    return { ...structLike(schema, fields), ...(schema.optional && { optional: true }) }
  }
  if (preset !== null && schema.name !== undefined && logical.has(schema.name)) {
    throw new DataError(`Invalid default value: the schema stays ${schema.name}, which a ${whole} is not.`)
  }
  return {
    type: whole,
    ...(schema.optional && { optional: true }),
    ...basicsOf(schema),
    ...(preset !== null && { default: castValue(schema, preset, whole) }),
  }
}

function castField({ name, schema }: SchemaField, type: CastType | undefined): SchemaField {
  if (type === undefined) return { name, schema }
  const preset = schema.default ?? null
  return {
    name,
    schema: {
      type,
      ...(schema.optional && { optional: true }),
      ...(preset !== null && { default: castValue(schema, preset, type) }),
    },
  }
}

interface Spec {
  readonly whole: CastType | undefined
  readonly fields: ReadonlyMap<string, CastType>
}

/** Throws `SyntaxError` with Java's words. */
function parseSpec(spec: readonly string[]): Spec {
  if (spec.length === 0) throw new SyntaxError('Must specify at least one field to cast.')
  const fields = new Map<string, CastType>()
  let whole: CastType | undefined
  for (const mapping of spec) {
    const [first = '', second, ...more] = splitAtColons(mapping)
    if (more.length > 0) throw new SyntaxError(`Invalid rename mapping: ${mapping}`)
    if (second === undefined) whole = typeNamed(first)
    else fields.set(first.trim(), typeNamed(second))
  }
  if (whole !== undefined && spec.length > 1) {
    throw new SyntaxError(
      'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
    )
  }
  return { whole, fields }
}

const known: ReadonlySet<string> = new Set(['bytes', 'array', 'map', 'struct'])

function typeNamed(text: string): CastType {
  const name = text.trim()
  const type = castTypes.find((one) => one === name.toLowerCase())
  if (type) return type
  const supported = castTypes.map((one) => one.toUpperCase()).join(', ')
  if (!known.has(name.toLowerCase())) {
    throw new SyntaxError(`Invalid type found in casting spec: ${name}; supported types are [${supported}]`)
  }
  throw new SyntaxError(
    `Cast transformation does not support casting to ${name.toUpperCase()}; supported types are [${supported}]`,
  )
}

/** Kafka Connect's sentences do not say which property they are about. */
function complaint(spec: readonly string[], name: string): string | undefined {
  try {
    return void parseSpec(spec)
  } catch (error) {
    if (error instanceof SyntaxError) return `${error.message} (configuration ${name})`
    throw error
  }
}
