import {
  ConfigError,
  type ConnectRecord,
  DataError,
  defineConfig,
  defineTransformation,
  fieldSchema,
  type Header,
  type Schema,
} from '#api'
import {
  copyFields,
  fieldsOf,
  memoized,
  readEntry,
  readField,
  replaceNullKey,
  requireMap,
  requireStruct,
  structLike,
} from './fields.ts'
import { alsoOfNull, notEmptyList } from './options.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const config = defineConfig({
  fields: {
    type: 'list',
    importance: 'high',
    validator: alsoOfNull('Empty list', notEmptyList),
    doc: 'The fields whose values go into headers.',
  },
  headers: {
    type: 'list',
    importance: 'high',
    validator: alsoOfNull('Empty list', notEmptyList),
    doc: 'The names of the headers, in the order of the fields.',
  },
  operation: {
    type: 'string',
    importance: 'high',
    values: ['move', 'copy'],
    validator: alsoOfNull('String must be one of: move, copy'),
    recommended: () => [],
    doc: 'With `move` the fields leave the key or value, with `copy` they stay there.',
  },
  'replace.null.with.default': replaceNullKey,
  on: onKey,
})

/** Kafka Connect's `HeaderFrom` (KIP-145). */
export const headerFrom = defineTransformation({
  name: 'HeaderFrom',
  aliases: ['org.apache.kafka.connect.transforms.HeaderFrom'],
  version,
  doc: 'Adds headers made of fields of the key or value. Headers of the same name that are there already stay.',
  sided: true,
  config,
  create(options) {
    const { fields, headers, operation } = options
    if (fields.length !== headers.length) {
      throw new ConfigError(`'fields' config must have the same number of elements as 'headers' config.`)
    }
    const side = sideOf(options.on)
    const purpose = `header ${operation}`
    const moved = new Set(operation === 'move' ? fields : [])
    const withDefault = options['replace.null.with.default']
    const schemaFor = memoized((schema: Schema) =>
      structLike(
        schema,
        fieldsOf(schema).filter(({ name }) => !moved.has(name)),
      ),
    )

    const withHeaders = <R extends ConnectRecord>(record: R, added: readonly Header[]): R => ({
      ...record,
      headers: [...record.headers, ...added],
    })

    return (record) => {
      const schema = side.schema(record)
      if (!schema) {
        const map = requireMap(side.value(record), purpose)
        const added = fields.map((name, at) => ({ key: headers[at] ?? '', value: readEntry(map, name) ?? null }))
        const kept = Object.fromEntries(Object.entries(map).filter(([name]) => !moved.has(name)))
        return withHeaders(side.replace(record, undefined, kept), added)
      }
      const struct = requireStruct(schema, side.value(record), purpose)
      const read = (name: string, at: number): Header => {
        const of = fieldSchema(schema, name)
        if (!of) throw new DataError(`Field does not exist: ${name}`, { context: { field: name } })
        return headerOf(headers[at] ?? '', of, readField(struct, { name, schema: of }, withDefault))
      }
      if (operation === 'copy') return withHeaders(record, fields.map(read))
      const updated = schemaFor(schema)
      const kept = copyFields(struct, updated.fields ?? [], withDefault)
      return withHeaders(side.replace(record, updated, kept), fields.map(read))
    }
  },
})

function headerOf(key: string, schema: Schema, value: unknown): Header {
  if (value === null && schema.optional !== true) {
    throw new DataError(`The header ${key} would be null, which its schema of type ${schema.type} does not allow.`)
  }
  return { key, value, schema }
}
