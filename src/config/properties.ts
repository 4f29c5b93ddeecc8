import { ConfigError } from '#api'

/**
 * Parses a Java properties file by the rules of `java.util.Properties.load(Reader)`: comments (`#`, `!`), lines continued by a backslash, keys ended
 * by `=`, `:` or a blank, escapes. The last of several equal keys counts. Throws `ConfigError` for a malformed `\uXXXX`.
 */
export function parseProperties(text: string): Readonly<Record<string, string>> {
  const entries = logicalLines(text).map(({ line, number }) => {
    const [rawKey, rawValue] = splitLine(line)
    return [unescape(rawKey, number), unescape(rawValue, number)] as const
  })
  return Object.fromEntries(entries)
}

interface Line {
  readonly line: string
  /** Of its first natural line, from 1. */
  readonly number: number
}

function logicalLines(text: string): readonly Line[] {
  const lines: Line[] = []
  let open: Line | undefined
  for (const [index, natural] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (!open && (line === '' || /^[#!]/.test(line))) continue
    const continued = /(?<!\\)(?:\\\\)*\\$/.test(line)
    const whole: string = (open?.line ?? '') + (continued ? line.slice(0, -1) : line)
    const current: Line = { line: whole, number: open?.number ?? index + 1 }
    if (!continued) lines.push(current)
    open = continued ? current : undefined
  }
  // A backslash at the end of the file continues into nothing.
  if (open && open.line !== '') lines.push(open)
  return lines
}

/** The key goes to the first unescaped `=`, `:` or blank; blanks around one separator belong to neither side. */
function splitLine(line: string): readonly [string, string] {
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? ''
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(key.length))?.[0] ?? ''
  return [key, line.slice(key.length + separator.length)]
}

const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string, line: number): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.)|$)/gs, (_, code: string | undefined, char: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    if (char === 'u') throw new ConfigError(`Malformed \\uxxxx encoding in line ${line}.`, { context: { line } })
    return char === undefined ? '' : (controls[char] ?? char)
  })
}
