import {
  ConfigError,
  DataError,
  defineConfig,
  defineTransformation,
  messageOf,
  type Schema,
  type SchemaField,
} from '#api'
import { compileExpression, type Expression } from './expression/expression.ts'
import { language } from './expression/validator.ts'
import { copyFields, putField, requireMap, requireStruct, setEntry, structLike } from './fields.ts'
import { parseJsonFields, readBy } from './json-fields.ts'
import { onKey, sideOf } from './side.ts'
import { ownVersion } from './version.ts'

const example = '{"kmh": "value.speed * 3.6", "id": {"expression": "value.line + value.nr", "type": "string"}}'
const types = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string'] as const
type ResultType = (typeof types)[number]

interface Computed {
  readonly name: string
  readonly evaluate: Expression
  /** As declared; without it the result decides. */
  readonly type: ResultType | undefined
}

/** Ours: fields that are worked out from others. */
export const compute = defineTransformation({
  name: 'Compute',
  version: ownVersion,
  doc: `Adds fields that are worked out from what the record holds, or replaces fields of that name. Null stays null. ${language}`,
  sided: true,
  config: defineConfig({
    fields: {
      type: 'string',
      importance: 'high',
      validator: readBy(parseFields),
      doc: `A JSON object of field names and expressions: \`${example}\`. With a \`type\` (${types.join(', ')}) the field of a record with a schema has it and may be null; without one the result tells: whole numbers are int64, others float64.`,
    },
    on: onKey,
  }),
  create({ fields, on }) {
    const side = sideOf(on)
    const computed = parseFields(fields)
    return (record) => {
      const value = side.value(record) ?? null
      if (value === null) return record
      const results = computed.map((field) => ({ field, result: field.evaluate(record) ?? null }))
      const schema = side.schema(record)
      if (!schema) {
        const next: Record<string, unknown> = { ...requireMap(value, 'computing fields') }
        for (const { field, result } of results) setEntry(next, field.name, checked(field, result))
        return side.replace(record, undefined, next)
      }
      const struct = requireStruct(schema, value, 'computing fields')
      const added = results.map(
        ({ field, result }): SchemaField => ({ name: field.name, schema: schemaOf(field, result) }),
      )
      const kept = (schema.fields ?? []).filter(({ name }) => !computed.some((field) => field.name === name))
      const next = copyFields(struct, kept, false)
      for (const [index, { field, result }] of results.entries()) {
        const target = added[index]
        if (target) putField(next, target, checked(field, result))
      }
      return side.replace(record, structFor(schema, kept, added), next)
    }
  },
})

/** One schema for each combination of types, so that converters know it again. */
const known = new WeakMap<Schema, Map<string, Schema>>()
const maxShapes = 100

function structFor(schema: Schema, kept: readonly SchemaField[], added: readonly SchemaField[]): Schema {
  const shapes = known.get(schema) ?? new Map<string, Schema>()
  known.set(schema, shapes)
  const shape = added.map((field) => `${field.name} ${field.schema.type} ${field.schema.optional}`).join()
  const found = shapes.get(shape)
  if (found) return found
  if (shapes.size >= maxShapes) shapes.clear()
  const made = structLike(schema, [...kept, ...added])
  shapes.set(shape, made)
  return made
}

function schemaOf({ name, type }: Computed, result: unknown): Schema {
  if (type) return { type, optional: true }
  if (typeof result === 'string') return { type: 'string' }
  if (typeof result === 'boolean') return { type: 'boolean' }
  if (typeof result === 'bigint' || Number.isInteger(result)) return { type: 'int64' }
  if (typeof result === 'number') return { type: 'float64' }
  throw new DataError(
    `The field "${name}" came to ${JSON.stringify(result)}: in a record with a schema only numbers, texts and truth values can be told by their result; give it a "type".`,
  )
}

const bits = { int8: 8, int16: 16, int32: 32, int64: 64 } as const

/** A result that fits the declared type. */
function checked({ name, type }: Computed, result: unknown): unknown {
  if (!type || result === null) return result
  if (fitsType(type, result)) return result
  throw new DataError(
    `The field "${name}" came to ${JSON.stringify(typeof result === 'bigint' ? String(result) : result)}, which is no ${type}.`,
    {
      context: { field: name },
    },
  )
}

function fitsType(type: ResultType, result: unknown): boolean {
  if (type === 'string' || type === 'boolean') return typeof result === type
  if (type === 'float32' || type === 'float64') return typeof result === 'number'
  const isWhole = typeof result === 'bigint' || Number.isInteger(result)
  return isWhole && BigInt.asIntN(bits[type], BigInt(result as number | bigint)) === BigInt(result as number | bigint)
}

function parseFields(text: string): readonly Computed[] {
  return parseJsonFields(text, example).map(([name, given]) => {
    const { expression, type } =
      typeof given === 'string' ? { expression: given, type: undefined } : declared(name, given)
    try {
      return { name, evaluate: compileExpression(expression), type }
    } catch (error) {
      throw new ConfigError(`"${name}": ${messageOf(error)}`, { cause: error })
    }
  })
}

function declared(
  name: string,
  given: unknown,
): { readonly expression: string; readonly type: ResultType | undefined } {
  const { expression, type, ...rest } = (typeof given === 'object' && given !== null ? given : {}) as Record<
    string,
    unknown
  >
  if (typeof expression !== 'string' || Object.keys(rest).length > 0) {
    throw new ConfigError(`"${name}" must be an expression, or {"expression", "type"}, as in ${example}`)
  }
  const found = types.find((each) => each === type)
  if (type !== undefined && !found)
    throw new ConfigError(`"${name}" has the type ${JSON.stringify(type)}; there are ${types.join(', ')}`)
  return { expression, type: found }
}
