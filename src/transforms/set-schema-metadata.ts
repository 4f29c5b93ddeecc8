import { ConfigError, DataError, defineConfig, defineTransformation, type Schema } from '#api'
import { copyFields, fieldsOf, isMap, memoized, replaceNullKey } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

/** Kafka Connect's `SetSchemaMetadata`. */
export const setSchemaMetadata = defineTransformation({
  name: 'SetSchemaMetadata',
  aliases: ['org.apache.kafka.connect.transforms.SetSchemaMetadata'],
  version,
  doc: 'Sets the name or the version, or both, of the schema of the key or value. A null without a schema stays as it is; any other value needs the schema of a struct.',
  sided: true,
  config: defineConfig({
    'schema.name': { type: 'string', importance: 'high', default: null, doc: 'The name to set.' },
    'schema.version': { type: 'int', importance: 'high', default: null, doc: 'The version to set.' },
    'replace.null.with.default': replaceNullKey,
    on: onKey,
  }),
  create(options) {
    const name = options['schema.name']
    const schemaVersion = options['schema.version']
    if (name === null && schemaVersion === null) throw new ConfigError('Neither schema name nor version configured')
    const side = sideOf(options.on)
    const withDefault = options['replace.null.with.default']
    const schemaFor = memoized((schema: Schema): Schema => {
      const { origin: _, ...rest } = schema
      // Java's asks every schema for its fields, and so refuses all but structs.
      const fields = fieldsOf(schema)
      return {
        ...rest,
        fields,
        ...(name !== null && { name }),
        ...(schemaVersion !== null && { version: schemaVersion }),
      }
    })
    return (record) => {
      const schema = side.schema(record)
      const value = side.value(record) ?? null
      if (!schema) {
        if (value === null) return record
        throw new DataError('Schema required for [updating schema metadata]')
      }
      const updated = schemaFor(schema)
      return side.replace(record, updated, isMap(value) ? copyFields(value, updated.fields ?? [], withDefault) : value)
    }
  },
})
