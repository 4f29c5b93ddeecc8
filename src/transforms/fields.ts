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

/** Sets an entry of a map or struct that is being made, whatever its name means to JavaScript. */
export function setEntry(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  else target[name] = value
}

/** Puts a field into a struct that is being made. As in Java, only an optional one may be null, whatever its default. */
export function putField(struct: Record<string, unknown>, { name, schema }: SchemaField, value: unknown): void {
  if ((value ?? null) === null && schema.optional !== true) {
    const type = schema.type.toUpperCase()
    throw new DataError(`Invalid value: null used for required field: "${name}", schema type: ${type}`, {
      context: { field: name },
    })
  }
  setEntry(struct, name, value ?? null)
}

/** A struct with these fields of another. */
export function copyFields(
  struct: Fields,
  fields: readonly SchemaField[],
  useDefault: boolean,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const field of fields) putField(copy, field, readField(struct, field, useDefault))
  return copy
}

/** What of a schema outlives a change of its type or fields; whether it is optional and its default do not. */
export function basicsOf({ name, version, doc, parameters }: Schema): Partial<Schema> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(doc === undefined ? {} : { doc }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

/** The schema of a struct with other fields. */
export const structLike = (schema: Schema, fields: readonly SchemaField[]): Schema => ({
  type: 'struct',
  ...basicsOf(schema),
  fields: checkedFields(fields),
})

/** Fields that one struct can have: with names, and each name once. */
export function checkedFields(fields: readonly SchemaField[]): readonly SchemaField[] {
  const names = new Set<string>()
  for (const { name } of fields) {
    if (name === '') throw new DataError('A field of a struct needs a name, and this one would be empty.')
    if (names.has(name)) {
      throw new DataError(`Cannot create field because of field name duplication ${name}`, { context: { field: name } })
    }
    names.add(name)
  }
  return fields
}

/** The fields of a struct's schema; other types have none. */
export function fieldsOf(schema: Schema): readonly SchemaField[] {
  if (schema.type === 'struct') return schema.fields ?? []
  throw new DataError(`Cannot list fields on non-struct type, which is ${schema.type}.`)
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
