import {
  ConfigError,
  type ConnectRecord,
  DataError,
  defineConfig,
  defineTransformation,
  logicalNames,
  type RecordOrigin,
  type Schema,
  type SchemaField,
} from '#api'
import { copyFields, memoized, replaceNullKey, requireMap, requireStruct, setEntry, structLike } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'field insertion'
const suffixes = 'Suffix with `!` to make it a required field, or `?` to keep it optional (the default).'

const config = defineConfig({
  'topic.field': { type: 'string', importance: 'medium', default: null, doc: `Field name for the topic. ${suffixes}` },
  'partition.field': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `Field name for the partition. ${suffixes}`,
  },
  'offset.field': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `Field name for the offset in Kafka; for sinks only. ${suffixes}`,
  },
  'timestamp.field': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `Field name for the record's timestamp. ${suffixes}`,
  },
  'static.field': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `Field name for a fixed value. ${suffixes}`,
  },
  'static.value': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'The fixed value, if its field name is given.',
  },
  'replace.null.with.default': replaceNullKey,
  on: onKey,
})

interface Insertion {
  readonly field: SchemaField
  /** Null or undefined: this record has none, and the field stays out. */
  readonly read: (record: ConnectRecord) => unknown
}

/** Kafka Connect's `InsertField`. */
export const insertField = defineTransformation({
  name: 'InsertField',
  aliases: ['org.apache.kafka.connect.transforms.InsertField'],
  version,
  doc: 'Adds facts of the record (topic, partition, offset, timestamp) or a fixed value to its key or value. Null stays null.',
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const staticValue = options['static.value']
    const insertions = [
      insertion(options['topic.field'], { type: 'string' }, (record) => record.topic),
      insertion(options['partition.field'], { type: 'int32' }, (record) => record.partition),
      insertion(options['offset.field'], { type: 'int64' }, offsetOf),
      insertion(options['timestamp.field'], timestampSchema, (record) => record.timestamp),
      insertion(options['static.field'], { type: 'string' }, () => staticValue),
    ].filter((item) => item !== undefined)
    if (insertions.length === 0) throw new ConfigError('No field insertion configured')
    if (options['static.field'] !== null && staticValue === null) {
      throw new ConfigError(`No value specified for static field: ${options['static.field']}`)
    }
    const schemaFor = memoized((schema: Schema) =>
      structLike(schema, [...(schema.fields ?? []), ...insertions.map(({ field }) => field)]),
    )
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      if (!schema) {
        const copy = { ...requireMap(value, purpose) }
        insert(copy, insertions, record)
        return side.replace(record, undefined, copy)
      }
      const struct = requireStruct(schema, value, purpose)
      const updated = schemaFor(schema)
      const copy = copyFields(struct, schema.fields ?? [], withDefault)
      insert(copy, insertions, record)
      return side.replace(record, updated, copy)
    }
  },
})

const timestampSchema: Schema = { type: 'int64', name: logicalNames.timestamp, version: 1 }

function insertion(spec: string | null, schema: Schema, read: Insertion['read']): Insertion | undefined {
  if (spec === null) return undefined
  const name = spec.replace(/[!?]$/, '')
  return { field: { name, schema: spec.endsWith('!') ? schema : { ...schema, optional: true } }, read }
}

function insert(target: Record<string, unknown>, insertions: readonly Insertion[], record: ConnectRecord): void {
  for (const { field, read } of insertions) {
    const value = read(record)
    if (value !== undefined && value !== null) setEntry(target, field.name, value)
  }
}

function offsetOf(record: ConnectRecord & { readonly origin?: RecordOrigin }): unknown {
  if (!record.origin) throw new DataError(`Only SinkRecord supported for [${purpose}], found: SourceRecord`)
  const { offset } = record.origin
  return Number.isSafeInteger(Number(offset)) ? Number(offset) : offset
}
