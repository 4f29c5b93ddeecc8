import { defineConfig, defineTransformation, type Schema } from '#api'
import { memoized, readField, replaceNullKey, requireMap, requireStruct, structLike } from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'field replacement'

const config = defineConfig({
  exclude: {
    type: 'list',
    importance: 'medium',
    default: [],
    doc: 'Fields to leave out. This takes precedence over the fields to include.',
  },
  include: {
    type: 'list',
    importance: 'medium',
    default: [],
    doc: 'Fields to keep. If given, only these are used.',
  },
  renames: {
    type: 'list',
    importance: 'medium',
    default: [],
    validator: (pairs: readonly string[]) => {
      const wrong = pairs.find((pair) => !isPair(pair))
      return wrong === undefined ? undefined : `Invalid rename mapping: ${wrong}`
    },
    doc: 'Colon-delimited pairs of an old and a new name, such as `foo:bar,abc:xyz`.',
  },
  on: onKey,
  'replace.null.with.default': replaceNullKey,
})

/** Kafka Connect's `ReplaceField`. */
export const replaceField = defineTransformation({
  name: 'ReplaceField',
  aliases: ['org.apache.kafka.connect.transforms.ReplaceField'],
  version,
  doc: 'Leaves out or renames fields of the key or value. Null stays null.',
  sided: true,
  config,
  create(options) {
    const side = sideOf(options.on)
    const exclude = new Set(options.exclude)
    const include = new Set(options.include)
    const names = new Map(options.renames.map((pair) => pair.split(':') as [string, string]))
    const keeps = (name: string): boolean => !exclude.has(name) && (include.size === 0 || include.has(name))
    const renamed = (name: string): string => names.get(name) ?? name
    const planFor = memoized((schema: Schema) => {
      const kept = (schema.fields ?? []).filter((field) => keeps(field.name))
      const fields = kept.map((field) => ({ name: renamed(field.name), schema: field.schema }))
      return { kept, schema: structLike(schema, fields) }
    })
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      if (!schema) {
        const entries = Object.entries(requireMap(value, purpose))
          .filter(([name]) => keeps(name))
          .map(([name, item]) => [renamed(name), item])
        return side.replace(record, undefined, Object.fromEntries(entries))
      }
      const struct = requireStruct(schema, value, purpose)
      const plan = planFor(schema)
      const entries = plan.kept.map((field) => [renamed(field.name), readField(struct, field, withDefault)])
      return side.replace(record, plan.schema, Object.fromEntries(entries))
    }
  },
})

function isPair(text: string): boolean {
  const parts = text.split(':')
  return parts.length === 2 && parts.every((part) => part !== '')
}
