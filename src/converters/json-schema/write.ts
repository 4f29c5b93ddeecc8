import { DataError, logicalNames, type Schema, SchemaMismatchError } from '#api'
import { decimalBytes, decimalText } from '../../registry/index.ts'
import type { JsonSchemaOptions } from './config.ts'
import { anyName, unionName } from './names.ts'

/** The JSON text of a value; undefined for a null that is left out. Throws `SchemaMismatchError` naming the field. */
export function writeValue(
  schema: Schema | undefined,
  value: unknown,
  options: JsonSchemaOptions,
  path = '',
): string | undefined {
  if (value === null || value === undefined) return ofNull(schema, options, path)
  if (schema === undefined) return free(value, options)
  if (schema.name === logicalNames.decimal && schema.type === 'bytes') return decimal(schema, value, options, path)
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      if (typeof value === 'bigint' || Number.isInteger(value)) return String(BigInt(value as number))
      break
    case 'float32':
    case 'float64':
      if (typeof value === 'number') return numberText(value)
      break
    case 'boolean':
      if (typeof value === 'boolean') return String(value)
      break
    case 'string':
      if (typeof value === 'string') return schema.name === anyName ? value : JSON.stringify(value)
      break
    case 'bytes':
      if (Buffer.isBuffer(value)) return bytesText(value)
      break
    case 'array':
      if (Array.isArray(value)) {
        return `[${value.map((item, index) => writeValue(schema.values, item, options, `${path}.${index}`) ?? 'null').join()}]`
      }
      break
    case 'map':
      if (typeof value === 'object') return mapText(schema, value, options, path)
      break
    case 'struct':
      if (typeof value === 'object' && !Array.isArray(value)) {
        return structText(schema, value as Readonly<Record<string, unknown>>, options, path)
      }
      break
  }
  throw misfit(path, schema, value)
}

function misfit(path: string, schema: Schema, value: unknown): SchemaMismatchError {
  const found = Array.isArray(value) ? 'a list' : Buffer.isBuffer(value) ? 'bytes' : `a ${typeof value}`
  const field = path.replace(/^\./, '')
  return new SchemaMismatchError(
    `${field === '' ? 'The value' : `The field ${field}`} has ${found} where its schema has the type ${schema.type}`,
    { context: { field } },
  )
}

function ofNull(schema: Schema | undefined, options: JsonSchemaOptions, path: string): string | undefined {
  if (schema === undefined) return 'null'
  if ((schema.default ?? null) !== null && !options['ignore.default.for.nullables']) {
    return writeValue(schema, schema.default, options, path)
  }
  return schema.optional ? 'null' : undefined
}

function decimal(schema: Schema, value: unknown, options: JsonSchemaOptions, path: string): string {
  const scale = Number(schema.parameters?.['scale'] ?? 0)
  try {
    const bytes = decimalBytes(value, scale)
    return options['decimal.format'] === 'NUMERIC' ? decimalText(bytes, scale) : bytesText(bytes)
  } catch (error) {
    throw new SchemaMismatchError(`${misfit(path, schema, value).message}, a decimal of the scale ${scale}`, {
      cause: error,
      context: { field: path.replace(/^\./, '') },
    })
  }
}

function mapText({ keys, values }: Schema, map: object, options: JsonSchemaOptions, path: string): string {
  const entries = (Array.isArray(map) ? map : Object.entries(map)) as readonly (readonly [unknown, unknown])[]
  const text = (key: unknown, item: unknown) => writeValue(values, item, options, `${path}.${String(key)}`) ?? 'null'
  const isText = keys === undefined || (keys.type === 'string' && !keys.optional)
  if (isText) return `{${entries.map(([key, item]) => `${JSON.stringify(String(key))}:${text(key, item)}`).join()}}`
  const pairs = entries.map(
    ([key, item]) => `{"key":${writeValue(keys, key, options, path) ?? 'null'},"value":${text(key, item)}}`,
  )
  return `[${pairs.join()}]`
}

function structText(
  schema: Schema,
  struct: Readonly<Record<string, unknown>>,
  options: JsonSchemaOptions,
  path: string,
): string | undefined {
  const valueOf = (name: string): unknown => (Object.hasOwn(struct, name) ? struct[name] : undefined)
  if (schema.name === unionName) {
    const branch = schema.fields?.find(({ name }) => (valueOf(name) ?? null) !== null)
    return branch ? writeValue(branch.schema, valueOf(branch.name), options, path) : ofNull(schema, options, path)
  }
  const fields = (schema.fields ?? []).flatMap(({ name, schema: field }) => {
    const text = writeValue(field, valueOf(name), options, `${path}.${name}`)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${fields.join()}}`
}

/** Without a schema, by what the value is. */
function free(value: unknown, options: JsonSchemaOptions): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return numberText(value)
  if (Buffer.isBuffer(value)) return bytesText(value)
  if (Array.isArray(value)) return `[${value.map((item) => writeValue(undefined, item, options)).join()}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${writeValue(undefined, item, options)}`).join()}}`
  }
  const text = JSON.stringify(value) as string | undefined
  if (text !== undefined) return text
  throw new DataError(`A value of the type ${typeof value} cannot be written as JSON.`)
}

const numberText = (value: number): string => (Number.isFinite(value) ? String(value) : `"${value}"`)

const bytesText = (value: Buffer): string => `"${value.toString('base64')}"`
