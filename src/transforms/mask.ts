import { DataError, logicalNames, type Schema } from '#api'
import { describe } from './fields.ts'
import { exact, narrowed } from './java-numbers.ts'

const dates: ReadonlySet<string> = new Set([logicalNames.date, logicalNames.time, logicalNames.timestamp])

/** What stands in place of a value that is not null. Throws `DataError` for types that cannot be masked. */
export function maskOf(schema: Schema | undefined, value: unknown, replacement: string | null): unknown {
  const type = typeOf(schema, value)
  return replacement === null ? emptyOf(type, schema) : replacementOf(type, replacement)
}

/** Without a schema, whole numbers are Java's `Long` and others its `Double`. */
function typeOf(schema: Schema | undefined, value: unknown): string {
  if (schema) {
    if (schema.name === logicalNames.decimal) return 'decimal'
    return schema.name !== undefined && dates.has(schema.name) ? 'date' : schema.type
  }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'bigint') return 'int64'
  const described = describe(value)
  return described === 'object' ? 'map' : described
}

function emptyOf(type: string, schema: Schema | undefined): unknown {
  switch (type) {
    case 'boolean':
      return false
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
    case 'date':
      return 0
    case 'decimal':
      return '0'
    case 'string':
      return ''
    case 'array':
      return []
    case 'map':
      // Maps whose keys are no strings are arrays of entries.
      return schema?.keys === undefined || schema.keys.type === 'string' ? {} : []
    default:
      throw new DataError(`Cannot mask value of type: ${type}`)
  }
}

function replacementOf(type: string, text: string): unknown {
  switch (type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return exact(narrowed(type, wholePart(text)))
    case 'float32':
      return Math.fround(Number(plain(text)))
    case 'float64':
      return Number(plain(text))
    case 'decimal':
      return plainDecimal(text)
    case 'string':
      return text
    default:
      throw new DataError(`Cannot mask value of type ${type} with custom replacement.`)
  }
}

const literal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/
/** Longer exponents would fill the memory with digits. */
const maxExponent = 1000

/** What Java's `BigDecimal` reads. */
function plain(text: string): string {
  const [, , whole = '', fraction = ''] = literal.exec(text) ?? []
  if (whole === '' && fraction === '')
    throw new DataError(`Unable to convert ${text} (class java.lang.String) to number`)
  return text
}

function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = literal.exec(plain(text)) ?? []
  const power = Number(exponent)
  if (Math.abs(power) > maxExponent) {
    throw new DataError(`Unable to convert ${text} to number: an exponent beyond ${maxExponent} is not supported.`)
  }
  const scale = fraction.length - power
  const digits = `${whole}${fraction}`.replace(/^0+(?=.)/, '')
  const minus = sign === '-' && /[1-9]/.test(digits) ? '-' : ''
  if (scale <= 0) return `${minus}${digits === '0' ? '0' : digits + '0'.repeat(-scale)}`
  const padded = digits.padStart(scale + 1, '0')
  return `${minus}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}

const wholePart = (text: string): bigint => BigInt(plainDecimal(text).split('.')[0] ?? '0')
