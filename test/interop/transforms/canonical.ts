import type { ConnectRecord, Schema } from '#api'

/** A record as text: two of them are equal when everything in them is, fields and schemas included. */
export const canonicalRecord = (record: Omit<ConnectRecord, 'path'>): string =>
  JSON.stringify({
    topic: record.topic,
    partition: record.partition ?? null,
    timestamp: record.timestamp ?? null,
    keySchema: canonicalSchema(record.keySchema),
    key: canonicalValue(record.key, record.keySchema),
    valueSchema: canonicalSchema(record.valueSchema),
    value: canonicalValue(record.value, record.valueSchema),
    headers: record.headers.map(({ key, value, schema }) => [
      key,
      canonicalSchema(schema),
      canonicalValue(value, schema),
    ]),
  })

function canonicalSchema(schema: Schema | undefined): unknown {
  if (!schema) return null
  return {
    type: schema.type,
    optional: schema.optional ?? false,
    name: schema.name ?? null,
    version: schema.version ?? null,
    doc: schema.doc ?? null,
    parameters: Object.entries(schema.parameters ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    default: (schema.default ?? null) === null ? null : canonicalValue(schema.default, schema),
    fields: schema.fields?.map(({ name, schema: of }) => [name, canonicalSchema(of)]) ?? null,
    keys: canonicalSchema(schema.keys),
    values: canonicalSchema(schema.values),
  }
}

function canonicalValue(value: unknown, schema?: Schema): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return ['number', String(value)]
  // Without a schema there is no zero below zero: it is a whole number.
  if (typeof value === 'number') return ['number', schema && Object.is(value, -0) ? '-0' : String(value)]
  if (Buffer.isBuffer(value)) return ['bytes', value.toString('base64')]
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) {
    if (schema?.type !== 'map') return ['list', value.map((item) => canonicalValue(item, schema?.values))]
    return [
      'map',
      sorted(
        value.map(([key, item]: [unknown, unknown]) => [canonicalValue(key), canonicalValue(item, schema.values)]),
      ),
    ]
  }
  const fields = value as Readonly<Record<string, unknown>>
  if (schema?.type === 'struct') {
    const known = schema.fields ?? []
    const extra = Object.keys(fields).filter((name) => !known.some((field) => field.name === name))
    return ['struct', known.map(({ name, schema: of }) => [name, canonicalValue(fields[name], of)]), extra]
  }
  return ['map', sorted(Object.entries(fields).map(([key, item]) => [key, canonicalValue(item, schema?.values)]))]
}

const sorted = (entries: readonly unknown[]): readonly string[] =>
  entries.map((entry) => JSON.stringify(entry)).toSorted()
