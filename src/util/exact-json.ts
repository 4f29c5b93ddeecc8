import { parseJson } from './parse-json.ts'

/** Integers of this many digits may not fit a double. */
const long = /(?<![.\d])\d{16}/
const integer = /^-?\d{1,1000}$/

/**
 * Reads JSON text like `JSON.parse`, but integers that no number holds exactly become bigints.
 * The native parser does the work unless the text has a run of 16 digits. Throws `SyntaxError` with line and column.
 */
export function parseExactly(text: string): unknown {
  if (!long.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // The other parser says where.
      return parseJson(text)
    }
  }
  return parseJson(text, exactNumber)
}

/** The number that a JSON literal writes: a bigint when it is an integer that no number holds exactly. */
export function exactNumber(literal: string): number | bigint {
  const number = Number(literal)
  return Number.isSafeInteger(number) || !integer.test(literal) ? number : BigInt(literal)
}

/** Writes JSON like `JSON.stringify`, but bigints as digits. `undefined` at the top is null. */
export function stringifyExactly(value: unknown): string {
  let wide = false
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'bigint') return item
    wide ||= !Number.isSafeInteger(Number(item))
    return Number(item)
  })
  return wide ? write(value) : (text ?? 'null')
}

function write(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`
}
