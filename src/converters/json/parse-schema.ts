import { DataError, logicalNames, type Schema, type SchemaField, type SchemaType } from '#api'
import { fromPayload } from './from-payload.ts'
import { exactNumber, NumberLiteral } from './number-literal.ts'
import { jsonTypes } from './schema-text.ts'

const typesByName = new Map(Object.entries(jsonTypes).map(([type, name]) => [name, type as SchemaType]))

/** The `schema` of an envelope; undefined for null. Throws `DataError` with Java's words. */
export function parseSchema(json: unknown, nullIsDefault: boolean): Schema | undefined {
  if (json === null || json === undefined) return undefined
  const { type: name, optional, ...given } = json as Readonly<Record<string, unknown>>
  if (typeof name !== 'string') throw new DataError("Schema must contain 'type' field")
  const type = typesByName.get(name)
  if (!type) throw new DataError(`Unknown schema type: ${name}`)
  const version = given['version'] instanceof NumberLiteral ? exactNumber(given['version']) : given['version']
  const schema: Schema = {
    type,
    ...(optional === true && { optional }),
    ...(typeof given['name'] === 'string' && { name: given['name'] }),
    ...(isInteger(version) && { version: Number(BigInt.asIntN(32, BigInt(version))) }),
    ...(typeof given['doc'] === 'string' && { doc: given['doc'] }),
    ...parametersOf(given['parameters']),
    ...partsOf(type, given, nullIsDefault),
  }
  if (!('default' in given)) return schema
  const preset = fromPayload(schema, given['default'], nullIsDefault)
  return preset === null ? schema : { ...schema, default: preset }
}

const isInteger = (json: unknown): json is number | bigint => typeof json === 'bigint' || Number.isSafeInteger(json)

function parametersOf(json: unknown): Pick<Schema, 'parameters'> {
  if (!isObject(json)) return {}
  if (Object.values(json).every((value) => typeof value === 'string')) {
    return Object.keys(json).length === 0 ? {} : { parameters: json as Record<string, string> }
  }
  throw new DataError('Schema parameters must have string values.')
}

function partsOf(type: SchemaType, given: Readonly<Record<string, unknown>>, nullIsDefault: boolean): Partial<Schema> {
  const part = (json: unknown, missing: string) => partOf(json, missing, nullIsDefault)
  if (type === 'array') return { values: part(given['items'], 'Array schema did not specify the element type') }
  if (type === 'map') {
    return {
      keys: part(given['keys'], 'Map schema did not specify the key type'),
      values: part(given['values'], 'Map schema did not specify the value type'),
    }
  }
  if (type !== 'struct') return {}
  const { fields } = given
  if (!Array.isArray(fields)) throw new DataError('Struct schema\'s "fields" argument is not an array.')
  const parsed = fields.map((field: unknown) => parseField(field, nullIsDefault))
  const names = new Set(parsed.map((field) => field.name))
  if (names.size < parsed.length) throw new DataError('Cannot create field because of field name duplication')
  if (names.has('')) throw new DataError('fieldName cannot be null or empty.')
  return { fields: parsed }
}

function partOf(json: unknown, missing: string, nullIsDefault: boolean): Schema {
  const schema = parseSchema(json, nullIsDefault)
  if (!schema) throw new DataError(missing)
  return schema
}

function parseField(json: unknown, nullIsDefault: boolean): SchemaField {
  const name = isObject(json) ? json['field'] : undefined
  if (typeof name !== 'string') throw new DataError("Struct schema's field name not specified properly")
  return { name, schema: partOf(json, "Schema must contain 'type' field", nullIsDefault) }
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** Whether a decimal is somewhere in it, so that numbers must be read as they are written. */
export const hasDecimal = (schema: Schema | undefined): boolean =>
  schema !== undefined &&
  (schema.name === logicalNames.decimal ||
    hasDecimal(schema.keys) ||
    hasDecimal(schema.values) ||
    (schema.fields ?? []).some((field) => hasDecimal(field.schema)))
