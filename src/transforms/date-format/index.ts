import { formatTokens } from './format.ts'
import { parseTokens } from './parse.ts'
import { parsePattern } from './pattern.ts'

export interface DateFormat {
  /** Writes milliseconds since the epoch, in UTC. */
  format(millis: number | bigint): string
  /** Milliseconds since the epoch; undefined for what does not match. */
  parse(text: string): number | bigint | undefined
}

/** A pattern of Java's `SimpleDateFormat` in UTC and English. `now` is asked for the century of years with two digits. Throws `SyntaxError`. */
export function createDateFormat(pattern: string, now: number = Date.now()): DateFormat {
  const tokens = parsePattern(pattern)
  return {
    format: (millis) => formatTokens(tokens, millis),
    parse(text) {
      const millis = parseTokens(tokens, text, now)
      if (millis === undefined) return undefined
      return Number.isSafeInteger(Number(millis)) ? Number(millis) : millis
    },
  }
}
