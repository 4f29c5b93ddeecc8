import { defineConfig, defineTransformation, type Schema } from '#api'
import { checkedFields, memoized, putField, setEntry } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

/** Kafka Connect's `HoistField`. */
export const hoistField = defineTransformation({
  name: 'HoistField',
  aliases: ['org.apache.kafka.connect.transforms.HoistField'],
  version,
  doc: 'Wraps the key or value: into a struct of one field when there is a schema, else into a map of one entry.',
  sided: true,
  config: defineConfig({
    field: { type: 'string', importance: 'medium', doc: 'The name of the one field of the struct or map.' },
    on: onKey,
  }),
  create({ field: name, on }) {
    const side = sideOf(on)
    const planFor = memoized((schema: Schema) => {
      const field = { name, schema }
      return { field, schema: { type: 'struct', fields: checkedFields([field]) } as const }
    })
    return (record) => {
      const schema = side.schema(record)
      const value = side.value(record) ?? null
      const wrapped: Record<string, unknown> = {}
      if (!schema) {
        setEntry(wrapped, name, value)
        return side.replace(record, undefined, wrapped)
      }
      const plan = planFor(schema)
      putField(wrapped, plan.field, value)
      return side.replace(record, plan.schema, wrapped)
    }
  },
})
