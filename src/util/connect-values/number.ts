import type { SchemaAndValue } from '#api'
import { nearestFloat } from './nearest-float.ts'
import { decimalSchema, exact, schemaOf } from './schemas.ts'

/** Decimals with longer exponents stay text: their digits would fill the memory. */
const maxExponent = 1000

const literal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** Digits of other scripts count in Java as those of ASCII. */
export function asciiDigits(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (char) => {
    if (!isDigit(char)) return char
    const code = char.charCodeAt(0)
    let zero = code
    while (isDigit(String.fromCharCode(zero - 1))) zero--
    return String(code - zero)
  })
}

export const isDigit = (char: string): boolean => /^\p{Nd}$/u.test(char)

/**
 * A number as Java infers it: the smallest integer that holds it exactly, else float32, float64 or Decimal by its size alone.
 * Undefined for what is no number.
 */
export function parseNumber(token: string): SchemaAndValue | undefined {
  const text = asciiDigits(token)
  const match = literal.exec(text)
  if (!match) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return undefined
  if (!/^[+-]?0*\d{1,10}$/.test(exponent)) return undefined
  const scale = fraction.length - Number(exponent)
  if (scale < -(2 ** 31) || scale > 2 ** 31 - 1) return undefined
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const integer = wholeNumber(sign, digits, scale)
  if (integer !== undefined) return integer
  if (scale !== 0) {
    const double = Number(text)
    if (Number.isFinite(Math.fround(double))) {
      return { schema: schemaOf('float32'), value: nearestFloat(text, digits, scale) }
    }
    if (Number.isFinite(double)) return { schema: schemaOf('float64'), value: double }
  }
  if (Math.abs(scale) > maxExponent) return undefined
  return { schema: decimalSchema(scale), value: `${sign === '-' ? '-' : ''}${pointed(digits, scale)}` }
}

function wholeNumber(sign: string, digits: string, scale: number): SchemaAndValue | undefined {
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return { schema: schemaOf('int8'), value: 0 }
  const zeros = digits.length - significant.length - scale
  // Nothing of more than 19 digits is an int64.
  if (zeros < 0 || significant.length + zeros > 19) return undefined
  const magnitude = BigInt(significant) * 10n ** BigInt(zeros)
  const value = sign === '-' ? -magnitude : magnitude
  for (const [type, bits] of [
    ['int8', 8],
    ['int16', 16],
    ['int32', 32],
    ['int64', 64],
  ] as const) {
    if (BigInt.asIntN(bits, value) === value) return { schema: schemaOf(type), value: exact(value) }
  }
  return undefined
}

const pointed = (digits: string, scale: number): string => {
  if (scale <= 0) return `${digits}${'0'.repeat(-scale)}`
  const padded = digits.padStart(scale + 1, '0')
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
