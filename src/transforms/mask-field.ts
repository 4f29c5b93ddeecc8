import { defineConfig, defineTransformation } from '#api'
import { putField, readEntry, readField, replaceNullKey, requireMap, requireStruct, setEntry } from './fields.ts'
import { maskOf } from './mask.ts'
import { itemsNamed, notEmptyText } from './options.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'mask fields'

const config = defineConfig({
  fields: {
    type: 'list',
    importance: 'high',
    validator: itemsNamed('fields', { empty: false }),
    doc: 'The names of the fields to mask.',
  },
  replacement: {
    type: 'string',
    importance: 'low',
    default: null,
    validator: notEmptyText,
    doc: 'What stands in place of all of them; for numbers and strings only.',
  },
  'replace.null.with.default': replaceNullKey,
  on: onKey,
})

/** Kafka Connect's `MaskField`. */
export const maskField = defineTransformation({
  name: 'MaskField',
  aliases: ['org.apache.kafka.connect.transforms.MaskField'],
  version,
  doc: "Replaces fields by their type's empty value (0, false, an empty string, array or map, the epoch) or by a value given. Null stays null.",
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const masked = new Set(options.fields)
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const schema = side.schema(record)
      if (!schema) {
        const copy = { ...requireMap(side.value(record), purpose) }
        for (const name of masked) {
          const value = readEntry(copy, name) ?? null
          setEntry(copy, name, value === null ? null : maskOf(undefined, value, options.replacement))
        }
        return side.replace(record, undefined, copy)
      }
      const struct = requireStruct(schema, side.value(record), purpose)
      const copy: Record<string, unknown> = {}
      for (const field of schema.fields ?? []) {
        const value = readField(struct, field, withDefault)
        putField(
          copy,
          field,
          value !== null && masked.has(field.name) ? maskOf(field.schema, value, options.replacement) : value,
        )
      }
      return side.replace(record, schema, copy)
    }
  },
})
