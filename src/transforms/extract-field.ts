import { ConfigError, DataError, defineConfig, defineTransformation, type Schema, type SchemaField } from '#api'
import { parsePath, type Step } from './field-path.ts'
import { memoized, readEntry, readField, replaceNullKey, requireMap, requireStruct } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'field extraction'

const config = defineConfig({
  field: { type: 'string', importance: 'medium', doc: 'The field to extract.' },
  'replace.null.with.default': replaceNullKey,
  'field.syntax.version': {
    type: 'string',
    importance: 'high',
    default: 'V1',
    validator: (value: string) =>
      /^v[12]$/i.test(value) ? undefined : 'String must be one of (case insensitive): V1, V2',
    doc: 'With `V1` the whole option is one name; with `V2` dots lead into nested structs and backticks keep the dots of a name.',
  },
  on: onKey,
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
    if (options.field === '' && options['field.syntax.version'].toUpperCase() === 'V2') {
      throw new ConfigError('The path of ExtractField is empty: name a field, or several with dots between them.')
    }
    const fieldsOf = memoized((schema: Schema) => fieldsAlong(schema, steps, options.field))
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const schema = side.schema(record)
      const value = side.value(record)
      if (!schema) return side.replace(record, undefined, mapValue(value, steps))
      if ((value ?? null) !== null) requireStruct(schema, value, purpose)
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
  for (const [index, field] of fields.entries()) {
    if (current === null || current === undefined) return null
    // As in Java, the option is for the field alone and not for the structs on the way to it.
    const useDefault = withDefault || index < fields.length - 1
    current = readField(requireStruct(of, current, purpose), field, useDefault)
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
