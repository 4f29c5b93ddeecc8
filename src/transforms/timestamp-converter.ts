import { defineConfig, defineTransformation, type Schema, type SchemaField } from '#api'
import {
  type Fields,
  fieldsOf,
  isMap,
  memoized,
  putField,
  readEntry,
  readField,
  replaceNullKey,
  requireMap,
  requireStruct,
  setEntry,
  structLike,
} from './fields.ts'
import { alsoOfNull } from './options.ts'
import { onKey, sideOf } from './side.ts'
import { createTimestamps, kindOfSchema, targetSchema } from './timestamps.ts'
import { version } from './version.ts'

const purpose = 'converting timestamp formats'

const config = defineConfig({
  field: {
    type: 'string',
    importance: 'high',
    default: '',
    doc: 'The field that holds the time; empty when the whole key or value is it.',
  },
  'target.type': {
    type: 'string',
    importance: 'high',
    values: ['string', 'unix', 'Date', 'Time', 'Timestamp'],
    validator: alsoOfNull('String must be one of: string, unix, Date, Time, Timestamp'),
    recommended: () => [],
    doc: 'What the time becomes.',
  },
  format: {
    type: 'string',
    importance: 'medium',
    default: '',
    doc: "A pattern of Java's `SimpleDateFormat`, in UTC: how strings are written, and how they are read.",
  },
  'unix.precision': {
    type: 'string',
    importance: 'low',
    default: 'milliseconds',
    values: ['nanoseconds', 'microseconds', 'milliseconds', 'seconds'],
    recommended: () => [],
    doc: 'What numbers without a logical type count since 1970, both written and read. Anything finer than a millisecond is lost.',
  },
  'replace.null.with.default': replaceNullKey,
  on: onKey,
})

/** Kafka Connect's `TimestampConverter`. Its configuration errors are `ConfigError`s of `createTimestamps`. */
export const timestampConverter = defineTransformation({
  name: 'TimestampConverter',
  aliases: ['org.apache.kafka.connect.transforms.TimestampConverter'],
  version,
  doc: 'Makes a time another type: text of any format, a number since 1970, or one of the logical types. Without a schema, logical times are milliseconds. Null stays null.',
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const { field: name, 'target.type': target } = options
    const convert = createTimestamps({ target, format: options.format, precision: options['unix.precision'] })
    const withDefault = options['replace.null.with.default']

    const convertStruct = (struct: Fields, from: readonly SchemaField[], to: readonly SchemaField[]): Fields => {
      const copy: Record<string, unknown> = {}
      for (const [index, field] of from.entries()) {
        const value = readField(struct, field, withDefault)
        const converted = field.name === name ? convert(kindOfSchema(field.schema), value, true) : value
        putField(copy, to[index] ?? field, converted)
      }
      return copy
    }

    const schemaFor = memoized((schema: Schema): Schema => {
      const from = fieldsOf(schema)
      const to = from.map((field) =>
        field.name === name ? { name, schema: targetSchema(target, field.schema.optional === true) } : field,
      )
      return {
        ...structLike(schema, to),
        ...(schema.optional && { optional: true }),
        ...(isMap(schema.default) && { default: convertStruct(schema.default, from, to) }),
      }
    })

    return (record) => {
      const schema = side.schema(record)
      const value = side.value(record) ?? null
      if (!schema) {
        if (value === null || name === '') return side.replace(record, undefined, convert(undefined, value, false))
        const map = requireMap(value, purpose)
        const copy = { ...map }
        setEntry(copy, name, convert(undefined, readEntry(map, name), false))
        return side.replace(record, undefined, copy)
      }
      if (name === '') {
        return side.replace(
          record,
          targetSchema(target, schema.optional === true),
          convert(kindOfSchema(schema), value, true),
        )
      }
      if (value === null) return side.replace(record, schemaFor(schema), null)
      const struct = requireStruct(schema, value, purpose)
      const updated = schemaFor(schema)
      return side.replace(record, updated, convertStruct(struct, schema.fields ?? [], updated.fields ?? []))
    }
  },
})
