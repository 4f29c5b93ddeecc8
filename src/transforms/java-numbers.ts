import { DataError } from '#api'
import { asciiDigits } from '../util/connect-values/number.ts'

export type IntegerType = 'int8' | 'int16' | 'int32' | 'int64'

const bits: Readonly<Record<IntegerType, number>> = { int8: 8, int16: 16, int32: 32, int64: 64 }

/** Values of the type int64 are numbers when those are exact. */
export const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

/** Java's narrowing of integers: the lowest bits stay. */
export const narrowed = (type: IntegerType, value: bigint): bigint => BigInt.asIntN(bits[type], value)

/** Java's narrowing of floating point: to the nearest int or long that there is, then as integers are. */
export function truncated(type: IntegerType, value: number): bigint {
  const size = type === 'int64' ? 64 : 32
  if (Number.isNaN(value)) return 0n
  const max = 2n ** BigInt(size - 1)
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : value > 0 ? max : -max
  const limited = whole >= max ? max - 1n : whole < -max ? -max : whole
  return narrowed(type, limited)
}

/** Rounded once, where a double between would round twice. */
export function floatOf(value: bigint): number {
  const wide = value >= 2n ** 53n || value <= -(2n ** 53n)
  if (!wide) return Math.fround(Number(value))
  const lost = value & 1023n
  return Math.fround(Number((value >> 10n) | (lost === 0n ? 0n : 1n)) * 1024)
}

/** Java's `Long.parseLong` and its like. Throws `DataError`. */
export function parseInteger(type: IntegerType, given: string): bigint {
  const text = asciiDigits(given)
  const value = /^[+-]?\d{1,1000}$/.test(text) ? BigInt(text.replace('+', '')) : undefined
  if (value === undefined || narrowed(type, value) !== value) throw outOfRange(given)
  return value
}

const decimalLiteral = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/
const hexLiteral = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/

/** Java's `Double.parseDouble`: blanks around it and a type's letter at its end are no harm. Throws `DataError`. */
export function parseDouble(given: string): number {
  const text = given.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '')
  if (decimalLiteral.test(text)) return Number(text.replace(/[fFdD]$/, ''))
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = hexLiteral.exec(text) ?? []
  if (whole === '' && fraction === '') throw outOfRange(given)
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -magnitude : magnitude
}

/** Java's `Float.parseFloat`: rounded once. */
export function parseFloat32(text: string): number {
  const double = parseDouble(text)
  const single = Math.fround(double)
  if (single === double || !Number.isFinite(double)) return single
  // Only a double that lies exactly between two floats can have been rounded to there.
  const other = neighbour(single, double > single)
  if ((single + other) / 2 !== double) return single
  const order = compareDecimal(text, double)
  if (order === 0) return single
  return order > 0 === other > single ? other : single
}

const view = new DataView(new ArrayBuffer(4))

/** The next float above or below. */
function neighbour(value: number, above: boolean): number {
  view.setFloat32(0, value)
  const away = value === 0 || value > 0 === above
  view.setInt32(0, value === 0 ? (above ? 1 : -(2 ** 31) + 1) : view.getInt32(0) + (away ? 1 : -1))
  return view.getFloat32(0)
}

/** Whether the decimal text is more (1) or less (-1) than a double. */
function compareDecimal(text: string, double: number): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?/.exec(text) ?? []
  const power = Number(exponent) - fraction.length
  // A double is its mantissa times a power of two, of which floats need no more than 2^-200.
  const scaled = BigInt(Math.abs(double) * 2 ** 200)
  const digits = BigInt(`${whole}${fraction}` || '0') * 2n ** 200n
  const ten = 10n ** BigInt(Math.min(Math.abs(power), 400))
  const [left, right] = power >= 0 ? [digits * ten, scaled] : [digits, scaled * ten]
  const order = left === right ? 0 : left > right ? 1 : -1
  return sign === '-' ? -order : order
}

const outOfRange = (text: string): DataError =>
  new DataError(`Value (${text}) was out of range for requested data type`)
