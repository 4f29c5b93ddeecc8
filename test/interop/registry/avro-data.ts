import type { Schema, SchemaAndValue } from '#api'
import { type Random, randomData } from '../converters/random-data.ts'

/** Data with a schema, as Avro can say it: names of letters, no decimal of less than no digits after its point, a record around all. */
export function avroData(random: Random, index: number): SchemaAndValue {
  // Apicurio's converter keeps the first schema that it sees of a name.
  const names = { prefix: `test.c${index}.S`, next: 0 }
  for (;;) {
    const { schema, value } = randomData(random)
    if (schema === undefined || !isAvro(schema) || countEntries(schema) > 1) continue
    // Apicurio's converter takes a record at the top only, and none that is optional.
    const root = named(schema, names)
    const fields = [{ name: 'root', schema: root }]
    const whole: Schema = { type: 'struct', name: `test.c${index}.Root`, fields }
    return { schema: whole, value: { root: renamed(schema, value) } }
  }
}

/** Java's library reads a list of doubles, its own too, as one of floats when it has read such a list before. */
const isAvro = (schema: Schema): boolean =>
  !(schema.type === 'array' && schema.values?.type === 'float64') &&
  !(schema.parameters?.['scale'] ?? '').startsWith('-') &&
  [schema.keys, schema.values, ...(schema.fields ?? []).map((field) => field.schema)].every(
    (part) => part === undefined || isAvro(part),
  )

/** Java's converter calls the entries of all maps whose keys are no strings by one name, so that a schema can have one such map; and it loses their defaults. */
const countEntries = ({ type, keys, values, fields = [] }: Schema): number =>
  Number(type === 'map' && keys?.type !== 'string') +
  [keys, values, ...fields.map((field) => field.schema)]
    .map((part) => (part ? countEntries(part) : 0))
    .reduce((sum, each) => sum + each, 0)

/** A default that is no number, or infinite, Java's converter writes as a string, and reads as zero. */
const isFinite = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value !== 'object' ||
      value === null ||
      Buffer.isBuffer(value) ||
      Object.values(value).flat().every(isFinite)

const letters = (name: string): string => name.replaceAll(/\W/g, '_')

interface Names {
  readonly prefix: string
  next: number
}

/** In a default, Java's converter takes all items of optional kinds for null: those cases have none. */
const holdsOptional = ({ keys, values, fields = [] }: Schema): boolean =>
  [keys, values, ...fields.map((field) => field.schema)].some(
    (part) => part !== undefined && (part.optional === true || holdsOptional(part)),
  )

function named({ default: preset, ...schema }: Schema, names: Names): Schema {
  return {
    ...schema,
    ...(schema.type === 'struct' && { name: `${names.prefix}${names.next++}` }),
    ...(schema.values && { values: named(schema.values, names) }),
    ...(schema.fields && {
      fields: schema.fields.map((field) => ({ name: letters(field.name), schema: named(field.schema, names) })),
    }),
    ...(preset !== undefined &&
      !holdsOptional(schema) &&
      countEntries(schema) === 0 &&
      isFinite(preset) && { default: renamed(schema, preset) }),
  }
}

function renamed(schema: Schema, value: unknown): unknown {
  if (value === null || value === undefined) return value
  const { values } = schema
  if (schema.type === 'array' && values) return (value as unknown[]).map((item) => renamed(values, item))
  if (schema.type === 'map' && values) {
    if (Array.isArray(value)) return value.map(([key, item]: [unknown, unknown]) => [key, renamed(values, item)])
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(values, item)]))
  }
  if (schema.type !== 'struct') return value
  const struct = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    (schema.fields ?? []).map((field) => [letters(field.name), renamed(field.schema, struct[field.name])]),
  )
}
