import { DataError, defineConfig, defineTransformation, fieldSchema, type Schema } from '#api'
import { checkedFields, copyFields, memoized, readEntry, replaceNullKey, requireMap, requireStruct } from './fields.ts'
import { itemsNamed } from './options.ts'
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
      validator: itemsNamed('fields', { empty: false }),
      doc: 'The fields of the value that make the key.',
    },
    'replace.null.with.default': replaceNullKey,
  }),
  create(options) {
    const names = [...new Set(options.fields)]
    const keySchemaFor = memoized((schema: Schema): Schema => ({ type: 'struct', fields: keyFields(schema, names) }))
    const withDefault = options['replace.null.with.default']
    return (record) => {
      if (!record.valueSchema) {
        const map = requireMap(record.value, purpose)
        const key = Object.fromEntries(names.map((name) => [name, readEntry(map, name) ?? null]))
        return { ...record, keySchema: undefined, key }
      }
      const struct = requireStruct(record.valueSchema, record.value, purpose)
      const keySchema = keySchemaFor(record.valueSchema)
      return { ...record, keySchema, key: copyFields(struct, keySchema.fields ?? [], withDefault) }
    }
  },
})

const keyFields = (valueSchema: Schema, names: readonly string[]) =>
  checkedFields(
    names.map((name) => {
      const schema = fieldSchema(valueSchema, name)
      if (!schema) throw new DataError(`Field does not exist: ${name}`, { context: { field: name } })
      return { name, schema }
    }),
  )
