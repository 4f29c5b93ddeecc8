import { DataError, type Schema, type SchemaType } from '#api'
import type { PayloadOptions } from './payload-text.ts'
import { payloadText } from './payload-text.ts'

/** JsonConverter's names of Connect's types. */
export const jsonTypes: Readonly<Record<SchemaType, string>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float32: 'float',
  float64: 'double',
  boolean: 'boolean',
  string: 'string',
  bytes: 'bytes',
  array: 'array',
  map: 'map',
  struct: 'struct',
}

/** A schema as the `schema` of the envelope, its members in the order in which Java writes them. Throws for a recursive one. */
export function schemaText(schema: Schema, options: PayloadOptions): string {
  return text(schema, options, [])
}

/** Headers' lists whose elements have no type in common have no schema of them. */
const part = (schema: Schema | undefined, options: PayloadOptions, path: readonly unknown[]): string =>
  schema ? text(schema, options, path) : 'null'

function text(schema: Schema, options: PayloadOptions, path: readonly unknown[], field?: string): string {
  // Copies of a struct's schema share its fields.
  if (schema.fields && path.includes(schema.fields)) {
    throw new DataError(
      `The schema ${schema.name ?? 'of a struct'} contains itself, which JSON with schemas cannot say: set schemas.enable=false.`,
    )
  }
  const inside = [...path, schema.fields]
  const members: [string, string | undefined][] = [
    ['type', JSON.stringify(jsonTypes[schema.type])],
    ['items', schema.type === 'array' ? part(schema.values, options, inside) : undefined],
    ['keys', schema.type === 'map' ? part(schema.keys, options, inside) : undefined],
    ['values', schema.type === 'map' ? part(schema.values, options, inside) : undefined],
    [
      'fields',
      schema.fields && `[${schema.fields.map((each) => text(each.schema, options, inside, each.name)).join()}]`,
    ],
    ['optional', String(schema.optional ?? false)],
    ['name', schema.name === undefined ? undefined : JSON.stringify(schema.name)],
    ['version', schema.version === undefined ? undefined : String(schema.version)],
    ['doc', schema.doc === undefined ? undefined : JSON.stringify(schema.doc)],
    ['parameters', schema.parameters && JSON.stringify(schema.parameters)],
    ['default', (schema.default ?? null) === null ? undefined : payloadText(schema, schema.default, options)],
    ['field', field === undefined ? undefined : JSON.stringify(field)],
  ]
  return `{${members.flatMap(([name, value]) => (value === undefined ? [] : [`"${name}":${value}`])).join()}}`
}
