import { DataError, logicalNames, type Schema } from '#api'
import { civilDate } from './calendar.ts'
import { javaDecimal, javaDouble, javaFloat } from './java-number.ts'
import { millisOf, millisPerDay } from './schemas.ts'

/**
 * A value as the text that Connect makes of it: what is text stays as it is, numbers as Java writes them, bytes are base64, dates
 * and times are ISO, and lists, maps and structs are like JSON without blanks. Throws `DataError` for what is no value of Connect.
 */
export function formatConnectValue(schema: Schema | undefined, value: unknown): string {
  return typeof value === 'string' && schema?.name !== logicalNames.decimal ? value : textOf(schema, value, false)
}

function textOf(schema: Schema | undefined, value: unknown, embedded: boolean): string {
  if (value === null || value === undefined) return 'null'
  const millis = millisOf(schema, value)
  if (millis !== undefined) return dateText(millis)
  if (typeof value === 'number') return numberText(schema, value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    if (schema?.name === logicalNames.decimal) return javaDecimal(value, scaleOf(schema))
    return embedded ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value
  }
  if (Buffer.isBuffer(value)) {
    const text = value.toString('base64')
    return embedded ? `"${text}"` : text
  }
  if (typeof value !== 'object') throw new DataError(`A ${typeof value} has no text as a value of Connect.`)
  if (schema?.type === 'struct') return structText(schema, value as Readonly<Record<string, unknown>>)
  if (schema?.type === 'map') return mapText(schema, value)
  if (Array.isArray(value)) return `[${value.map((item) => textOf(schema?.values, item, true)).join()}]`
  return mapText(schema, value)
}

function scaleOf(schema: Schema): number | undefined {
  const scale = schema.parameters?.['scale']
  return scale === undefined ? undefined : Number(scale)
}

function numberText(schema: Schema | undefined, value: number): string {
  if (schema?.type === 'float32') return javaFloat(value)
  if (schema?.type === 'float64') return javaDouble(value)
  if (schema?.name === logicalNames.decimal) return javaDecimal(String(value), scaleOf(schema))
  return Number.isSafeInteger(value) ? String(value) : javaDouble(value)
}

function structText(schema: Schema, struct: Readonly<Record<string, unknown>>): string {
  const fields = (schema.fields ?? []).map(({ name, schema: field }) => {
    const value = Object.hasOwn(struct, name) ? struct[name] : undefined
    return `${textOf(undefined, name, true)}:${textOf(field, value ?? field.default, true)}`
  })
  return `{${fields.join()}}`
}

function mapText(schema: Schema | undefined, map: object): string {
  const entries = (Array.isArray(map) ? map : Object.entries(map)) as readonly (readonly [unknown, unknown])[]
  if (!entries.every(Array.isArray)) throw new DataError('A value is an array, and its schema is that of a map.')
  return `{${entries.map(([key, item]) => `${textOf(schema?.keys, key, true)}:${textOf(schema?.values, item, true)}`).join()}}`
}

const two = (number: number): string => String(number).padStart(2, '0')

/** The time alone in the first day of 1970 and before, the date alone at midnight: Java looks at the value, not at the schema. */
function dateText(millis: bigint): string {
  const perDay = BigInt(millisPerDay)
  const ofDay = ((millis % perDay) + perDay) % perDay
  const time = new Date(Number(ofDay)).toISOString().slice(11)
  if (millis < perDay) return time
  const { year, month, day } = civilDate((millis - ofDay) / perDay)
  const date = [year, two(month), two(day)].join('-')
  return ofDay === 0n ? date : `${date}T${time}`
}
