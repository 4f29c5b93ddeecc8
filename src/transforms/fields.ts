import { type ConfigKey, DataError, type Schema, type SchemaField } from '#api'

export type Fields = Readonly<Record<string, unknown>>

/** The option by which a null of a field that has a default is read as that default. */
export const replaceNullKey = {
  type: 'boolean',
  importance: 'medium',
  default: true,
  doc: 'Whether a null of a field that has a default is read as that default. When false, the null stays.',
} as const satisfies ConfigKey

/** What a value without schema has to be; `purpose` ends up in the error, as in Kafka Connect. */
export function requireMap(value: unknown, purpose: string): Fields {
  if (isMap(value)) return value
  throw new DataError(`Only Map objects supported in absence of schema for [${purpose}], found: ${describe(value)}`)
}

/** What a value with schema has to be. */
export function requireStruct(schema: Schema, value: unknown, purpose: string): Fields {
  if (schema.type === 'struct' && isMap(value)) return value
  const found = isMap(value) ? schema.type : describe(value)
  throw new DataError(`Only Struct objects supported for [${purpose}], found: ${found}`)
}

/** A map or struct: a plain object, and not an array or bytes. */
export const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** A field of a struct; null when it is not set. */
export function readField(struct: Fields, field: SchemaField, useDefault: boolean): unknown {
  const value = struct[field.name] ?? null
  return value === null && useDefault ? (field.schema.default ?? null) : value
}

/** An entry of a map; undefined when there is none, whatever Object.prototype may have under that name. */
export const readEntry = (map: Fields, name: string): unknown => (Object.hasOwn(map, name) ? map[name] : undefined)

/** The parts of a struct's schema that outlive a change of its fields. */
export function structLike(schema: Schema, fields: readonly SchemaField[]): Schema {
  const { name, version, doc, parameters } = schema
  return {
    type: 'struct',
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(doc === undefined ? {} : { doc }),
    ...(parameters === undefined ? {} : { parameters }),
    fields,
  }
}

/** Derives once for each schema; an entry lives as long as its schema does. */
export function memoized<T>(derive: (schema: Schema) => T): (schema: Schema) => T {
  const known = new WeakMap<Schema, T>()
  return (schema) => {
    const found = known.get(schema)
    if (found !== undefined) return found
    const derived = derive(schema)
    known.set(schema, derived)
    return derived
  }
}

/** A word for an error message. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return ArrayBuffer.isView(value) ? 'bytes' : typeof value
}
