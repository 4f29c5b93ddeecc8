import { DataError, defineConfig, defineTransformation, type Schema, type SchemaField } from '#api'
import { parsePath, type Step } from './field-path.ts'
import { memoized, readEntry, readField, replaceNullKey, requireMap, requireStruct } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'field extraction'

const config = defineConfig({
  field: { type: 'string', importance: 'medium', doc: 'The field to extract.' },
  'field.syntax.version': {
    type: 'string',
    importance: 'high',
    default: 'V1',
    validator: (value: string) => (/^v[12]$/i.test(value) ? undefined : 'String must be one of: V1, V2'),
    doc: 'With `V1` the whole option is one name; with `V2` dots lead into nested structs and backticks keep the dots of a name.',
  },
  on: onKey,
  'replace.null.with.default': replaceNullKey,
})

/** Kafka Connect's `ExtractField` (KIP-66, KIP-821). */
export const extractField = defineTransformation({
  name: 'ExtractField',
  aliases: ['org.apache.kafka.connect.transforms.ExtractField'],
  version,
  doc: 'Puts one field of the key or value in place of the whole. Null stays null.',
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const steps = options['field.syntax.version'].toUpperCase() === 'V2' ? parsePath(options.field) : [options.field]
    const fieldsOf = memoized((schema: Schema) => fieldsAlong(schema, steps, options.field))
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const schema = side.schema(record)
      const value = side.value(record)
      if (!schema) return side.replace(record, undefined, mapValue(value, steps))
      const fields = fieldsOf(schema)
      return side.replace(record, fields.at(-1)?.schema, structValue(schema, value, fields, withDefault))
    }
  },
})

function mapValue(value: unknown, steps: readonly Step[]): unknown {
  let current: unknown = value
  for (const step of steps) {
    if (current === null || current === undefined) return null
    current = readEntry(requireMap(current, purpose), String(step))
  }
  return current ?? null
}

function structValue(schema: Schema, value: unknown, fields: readonly SchemaField[], withDefault: boolean): unknown {
  let current: unknown = value
  let of = schema
  for (const field of fields) {
    if (current === null || current === undefined) return null
    current = readField(requireStruct(of, current, purpose), field, withDefault)
    of = field.schema
  }
  return current
}

function fieldsAlong(schema: Schema, steps: readonly Step[], path: string): readonly SchemaField[] {
  let current = schema
  return steps.map((step) => {
    if (current.type !== 'struct') {
      throw new DataError(`Only Struct objects supported for [${purpose}], found: ${current.type}`)
    }
    const field = current.fields?.find(({ name }) => name === step)
    if (!field) throw new DataError(`Unknown field: ${path}`, { context: { field: path } })
    current = field.schema
    return field
  })
}
