import type { Schema } from '#api'

type Fill = (value: unknown) => unknown

/**
 * What puts the default for null in fields that have one, as Connect's `Struct` does when it is asked; undefined for a schema
 * without such fields. Never changes the value that it is given.
 */
export function defaultsOf(schema: Schema | undefined): Fill | undefined {
  return schema && hasDefaults(schema, new Set()) ? fillOf(schema, new Map()) : undefined
}

function hasDefaults(schema: Schema, seen: Set<unknown>): boolean {
  if (schema.fields) {
    if (seen.has(schema.fields)) return false
    seen.add(schema.fields)
  }
  const fields = schema.fields ?? []
  return (
    fields.some((field) => (field.schema.default ?? null) !== null || hasDefaults(field.schema, seen)) ||
    [schema.keys, schema.values].some((part) => part !== undefined && hasDefaults(part, seen))
  )
}

/** `made` holds those of structs by their fields: a schema may contain itself. */
function fillOf(schema: Schema, made: Map<unknown, Fill>): Fill {
  const { fields, values } = schema
  if (schema.type === 'struct' && fields) return structFill(fields, made)
  if (values === undefined) return (value) => value
  const fill = fillOf(values, made)
  if (schema.type === 'array') return (value) => (Array.isArray(value) ? value.map(fill) : value)
  return (value) => {
    if (Array.isArray(value)) return value.map(([key, item]: [unknown, unknown]) => [key, fill(item)])
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]))
  }
}

function structFill(fields: NonNullable<Schema['fields']>, made: Map<unknown, Fill>): Fill {
  const known = made.get(fields)
  if (known) return known
  const parts: { name: string; preset: unknown; fill: Fill }[] = []
  const own: Fill = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const struct = { ...value } as Record<string, unknown>
    for (const { name, preset, fill } of parts) {
      const item = Object.hasOwn(struct, name) ? (struct[name] ?? null) : null
      if (item !== null) struct[name] = fill(item)
      else if (preset !== null) struct[name] = preset
    }
    return struct
  }
  made.set(fields, own)
  for (const { name, schema } of fields) {
    parts.push({ name, preset: schema.default ?? null, fill: fillOf(schema, made) })
  }
  return own
}
