import { logicalNames, type Schema } from '#api'
import { decimalBytes } from '../../registry/index.ts'
import { parameters, unionName } from './names.ts'

/** A default of a Connect schema in the JSON of an Avro schema: bytes are Latin-1 text, a union's branch is not named. */
export function toDefault(schema: Schema, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (schema.name === logicalNames.decimal) {
    return decimalBytes(value, Number(schema.parameters?.[parameters.scale] ?? 0)).toString('latin1')
  }
  const { type, values } = schema
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (type === 'bytes' && Buffer.isBuffer(value)) return value.toString('latin1')
  if (type === 'array' && values && Array.isArray(value)) return value.map((item) => toDefault(values, item))
  if (type === 'map') return mapDefault(schema, value)
  if (type === 'struct') return structDefault(schema, value as Readonly<Record<string, unknown>>)
  return value
}

function mapDefault({ keys = { type: 'string' }, values = { type: 'string' } }: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(([key, item]: [unknown, unknown]) => ({
      key: toDefault(keys, key),
      value: toDefault(values, item),
    }))
  }
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, toDefault(values, item)]))
}

function structDefault({ name, fields = [] }: Schema, value: Readonly<Record<string, unknown>>): unknown {
  if (name === unionName) {
    const branch = fields.find((field) => (value[field.name] ?? null) !== null)
    return branch ? toDefault(branch.schema, value[branch.name]) : null
  }
  return Object.fromEntries(
    fields.map(({ name: field, schema }) => [field, toDefault(schema, value[field] ?? schema.default)]),
  )
}
