import { DataError, defineConfig, defineTransformation, type Schema, type SchemaField } from '#api'
import {
  type Fields,
  memoized,
  putField,
  readField,
  replaceNullKey,
  requireMap,
  requireStruct,
  setEntry,
  structLike,
} from './fields.ts'
import { itemsNamed, splitAtColons } from './options.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'field replacement'

const config = defineConfig({
  exclude: {
    type: 'list',
    importance: 'medium',
    default: [],
    validator: itemsNamed('exclude', { empty: true }),
    doc: 'Fields to leave out. This takes precedence over the fields to include.',
  },
  include: {
    type: 'list',
    importance: 'medium',
    default: [],
    validator: itemsNamed('include', { empty: true }),
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
  'replace.null.with.default': replaceNullKey,
  on: onKey,
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
    const names = new Map(options.renames.map((pair) => splitAtColons(pair) as [string, string]))
    const keeps = (name: string): boolean => !exclude.has(name) && (include.size === 0 || include.has(name))
    const renamed = (name: string): string => names.get(name) ?? name
    const former = new Map([...names].map(([from, to]) => [to, from]))
    // Where several have one new name, Java takes any of them; here it is the one that is there.
    const shared = new Set([...names.values()].filter((to, index, all) => all.indexOf(to) !== index))
    const planFor = memoized((schema: Schema): Plan => {
      const kept = (schema.fields ?? []).filter((field) => keeps(field.name))
      const updated = structLike(
        schema,
        kept.map((field) => ({ name: renamed(field.name), schema: field.schema })),
      )
      // As in Java: a field is read under the name that the new one had, even where that was another field, left out.
      const fields = (updated.fields ?? []).map((to, index) => {
        const name = shared.has(to.name) ? (kept[index]?.name ?? to.name) : (former.get(to.name) ?? to.name)
        return { to, from: schema.fields?.find((field) => field.name === name), name }
      })
      return { fields, schema: updated }
    })
    const withDefault = options['replace.null.with.default']
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      if (!schema) {
        const map = requireMap(value, purpose)
        const kept: Record<string, unknown> = {}
        for (const name of Object.keys(map)) if (keeps(name)) setEntry(kept, renamed(name), map[name])
        return side.replace(record, undefined, kept)
      }
      const struct = requireStruct(schema, value, purpose)
      const plan = planFor(schema)
      return side.replace(record, plan.schema, replaced(struct, plan, withDefault))
    }
  },
})

interface Plan {
  readonly schema: Schema
  readonly fields: readonly {
    readonly to: SchemaField
    readonly from: SchemaField | undefined
    /** Under which it is looked for. */
    readonly name: string
  }[]
}

function replaced(struct: Fields, { fields }: Plan, withDefault: boolean): Fields {
  const copy: Record<string, unknown> = {}
  for (const { to, from, name } of fields) {
    if (!from) throw new DataError(`${name} is not a valid field name`, { context: { field: name } })
    const value = readField(struct, from, withDefault)
    if (value !== null && from.schema !== to.schema && !isLike(from.schema, to.schema, value)) {
      throw new DataError(`The field ${name} does not fit the schema of the field ${to.name}.`, {
        context: { field: name },
      })
    }
    putField(copy, to, value)
  }
  return copy
}

/** Whether values of one schema are values of another. */
function isLike(one: Schema, other: Schema, value: unknown): boolean {
  if (one.type !== other.type || one.name !== other.name || one.type === 'struct') return false
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return isEmpty || (one.values?.type === other.values?.type && one.keys?.type === other.keys?.type)
}

function isPair(text: string): boolean {
  return splitAtColons(text).length === 2
}
