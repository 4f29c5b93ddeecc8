import { parseExactly } from '../../util/exact-json.ts'
import { parseJson } from '../../util/parse-json.ts'

/** A number of a JSON text as it is written there, for decimals, which no JavaScript number holds. */
export class NumberLiteral {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What Java's parser takes beyond RFC 8259: zeros before numbers; and its limit of depth. */
const asJava = { leadingZeros: true, maxDepth: 1000 }

/** Parses JSON with all numbers as `NumberLiteral`. */
export const parseLiterally = (text: string): unknown =>
  parseJson(text, (literal) => new NumberLiteral(literal), asJava)

/** Parses JSON with numbers that need it as bigints. */
export function parseNumbers(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    // Rare: as Java takes it, or with the reason why neither does.
    return parseJson(text, (literal) => exactNumber(new NumberLiteral(literal)), asJava)
  }
}

/** The number, or the bigint when only that is exact. */
export function exactNumber({ text }: NumberLiteral): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) || !/^-?\d{1,1000}$/.test(text) ? number : BigInt(text)
}

/** The digits of a number without an exponent: `-1.25e3` is `-1250`. */
export function plainDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const shift = Number(exponent)
  if (Math.abs(shift) > 1000) throw new Error(`the exponent of ${text} is too large`)
  const point = whole.length + shift
  const digits = `${'0'.repeat(Math.max(-point, 0))}${whole}${fraction}`
  const at = Math.max(point, 0)
  const padded = digits.padEnd(at, '0')
  return `${sign}${padded.slice(0, at) || '0'}${padded.length > at ? `.${padded.slice(at)}` : ''}`
}
