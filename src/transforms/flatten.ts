import { DataError, defineConfig, defineTransformation, type Schema, type SchemaField } from '#api'
import {
  basicsOf,
  type Fields,
  fieldsOf,
  isMap,
  memoized,
  putField,
  readField,
  requireMap,
  requireStruct,
  setEntry,
  structLike,
} from './fields.ts'
import { onKey, sideOf } from './side.ts'
import { version } from './version.ts'

const purpose = 'flattening'

/** Kafka Connect's `Flatten`. */
export const flatten = defineTransformation({
  name: 'Flatten',
  aliases: ['org.apache.kafka.connect.transforms.Flatten'],
  version,
  doc: 'Brings the fields of nested structs (of nested maps, when there is no schema) to the top, their names joined. Arrays stay as they are, and so does null.',
  sided: true,
  config: defineConfig({
    delimiter: {
      type: 'string',
      importance: 'medium',
      default: '.',
      doc: 'What stands between the names that are joined.',
    },
    on: onKey,
  }),
  create({ delimiter, on }) {
    const side = sideOf(on)
    const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}${delimiter}${name}`)
    const planFor = memoized((schema: Schema) => {
      const leaves = leavesOf(schema, join)
      return {
        leaves,
        schema: structLike(
          schema,
          leaves.map(({ field }) => field),
        ),
      }
    })
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const schema = side.schema(record)
      const flat: Record<string, unknown> = {}
      if (!schema) {
        flattenMap(requireMap(value, purpose), '', join, flat)
        return side.replace(record, undefined, flat)
      }
      const struct = requireStruct(schema, value, purpose)
      const plan = planFor(schema)
      for (const leaf of plan.leaves) {
        const parent = parentOf(struct, leaf.parents)
        // Below a struct that is null nothing is set, also where the field is required and only its default makes it valid.
        if (parent) putField(flat, leaf.field, readField(parent, leaf.from, true))
        else setEntry(flat, leaf.field.name, null)
      }
      return side.replace(record, plan.schema, flat)
    }
  },
})

type Join = (prefix: string, name: string) => string

interface Leaf {
  /** The structs on the way to it. */
  readonly parents: readonly string[]
  readonly from: SchemaField
  readonly field: SchemaField
}

function leavesOf(schema: Schema, join: Join): readonly Leaf[] {
  const leaves: Leaf[] = []
  const visit = (
    of: Schema,
    parents: readonly string[],
    prefix: string,
    optional: boolean,
    defaults: Fields | null,
  ): void => {
    for (const from of fieldsOf(of)) {
      const name = join(prefix, from.name)
      const isOptional = optional || from.schema.optional === true
      const preset = from.schema.default ?? defaults?.[from.name] ?? null
      if (from.schema.type === 'struct') {
        visit(from.schema, [...parents, from.name], name, isOptional, isMap(preset) ? preset : null)
      } else if (from.schema.type === 'map') {
        throw new DataError(`Flatten transformation does not support MAP for record with schemas (for field ${name}).`)
      } else {
        leaves.push({ parents, from, field: { name, schema: leafSchema(from.schema, isOptional, preset) } })
      }
    }
  }
  visit(schema, [], '', schema.optional === true, isMap(schema.default) ? schema.default : null)
  return leaves
}

function leafSchema(schema: Schema, optional: boolean, preset: unknown): Schema {
  if (optional === (schema.optional ?? false) && preset === (schema.default ?? null)) return schema
  return {
    type: schema.type,
    ...(optional && { optional }),
    ...basicsOf(schema),
    ...(preset !== null && { default: preset }),
    ...(schema.values && { values: schema.values }),
  }
}

function parentOf(struct: Fields, parents: readonly string[]): Fields | undefined {
  let current: unknown = struct
  for (const name of parents) current = isMap(current) ? current[name] : undefined
  return isMap(current) ? current : undefined
}

function flattenMap(map: Fields, prefix: string, join: Join, flat: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(map)) {
    const name = join(prefix, key)
    if (isMap(value)) flattenMap(value, name, join, flat)
    else setEntry(flat, name, value ?? null)
  }
}
