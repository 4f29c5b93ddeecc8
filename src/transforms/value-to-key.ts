import { DataError, defineConfig, defineTransformation, fieldSchema, nonEmpty, type Schema } from '#api'
import { memoized, readEntry, readField, replaceNullKey, requireMap, requireStruct } from './fields.ts'
import { version } from './version.ts'

const purpose = 'copying fields from value to key'

/** Kafka Connect's `ValueToKey`. */
export const valueToKey = defineTransformation({
  name: 'ValueToKey',
  aliases: ['org.apache.kafka.connect.transforms.ValueToKey'],
  version,
  doc: "Replaces the record's key by a new one made of fields of its value.",
  config: defineConfig({
    fields: {
      type: 'list',
      importance: 'high',
      validator: nonEmpty,
      doc: 'The fields of the value that make the key.',
    },
    'replace.null.with.default': replaceNullKey,
  }),
  create(options) {
    const keySchemaFor = memoized(
      (schema: Schema): Schema => ({ type: 'struct', fields: keyFields(schema, options.fields) }),
    )
    const withDefault = options['replace.null.with.default']
    return (record) => {
      if (!record.valueSchema) {
        const map = requireMap(record.value, purpose)
        const key = Object.fromEntries(options.fields.map((name) => [name, readEntry(map, name) ?? null]))
        return { ...record, keySchema: undefined, key }
      }
      const struct = requireStruct(record.valueSchema, record.value, purpose)
      const keySchema = keySchemaFor(record.valueSchema)
      const entries = (keySchema.fields ?? []).map((field) => [field.name, readField(struct, field, withDefault)])
      return { ...record, keySchema, key: Object.fromEntries(entries) }
    }
  },
})

const keyFields = (valueSchema: Schema, names: readonly string[]) =>
  names.map((name) => {
    const schema = fieldSchema(valueSchema, name)
    if (!schema) throw new DataError(`Field does not exist: ${name}`, { context: { field: name } })
    return { name, schema }
  })
