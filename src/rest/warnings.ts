import { percentEncode } from './percent-encode.ts'

/** Carries one warning a line; strict clients choke on fields they do not know, but not on headers. */
export const warningHeader = 'x-tidegate-warning'

/** Bytes of one line and of all: HTTP clients refuse heads of 8 or 16 KiB. */
const maxLine = 500
const maxTotal = 4_000

/**
 * The headers that tell warnings, percent-encoded outside printable ASCII; `,` is encoded too, because clients join
 * the lines of a header with `, `. What does not fit is counted in the last line.
 */
export function warningHeaders(warnings: readonly string[]): Readonly<Record<string, readonly string[]>> {
  if (warnings.length === 0) return {}
  const lines: string[] = []
  let total = 0
  for (const warning of warnings) {
    const line = encode(warning)
    total += line.length
    if (total > maxTotal) break
    lines.push(line)
  }
  const more = warnings.length - lines.length
  return { [warningHeader]: more > 0 ? [...lines, `${more} more of ${warnings.length} warnings`] : lines }
}

function encode(warning: string): string {
  let line = ''
  for (const char of warning) {
    const next = /^[\x20-\x7e]$/.test(char) && char !== '%' && char !== ',' ? char : percentEncode(char)
    if (line.length + next.length > maxLine) return `${line}...`
    line += next
  }
  return line
}
