interface ParseJsonOptions {
  /** The deepest nesting that is read: 100. */
  readonly maxDepth?: number
  /** Whether numbers may begin with zeros, as Kafka Connect's JSON may: no. */
  readonly leadingZeros?: boolean
}

const strictNumber = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const looseNumber = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /true|false|null/y
const blank = /[\t\n\r ]*/y

/**
 * Reads JSON text (RFC 8259) and says of malformed text what is wrong and where, which `JSON.parse` of Node 20 does not.
 * `toNumber` gets numbers as they were written, so that none need lose a digit. Throws `SyntaxError`.
 */
export function parseJson(
  text: string,
  toNumber: (literal: string) => unknown = Number,
  { maxDepth = 100, leadingZeros = false }: ParseJsonOptions = {},
): unknown {
  const number = leadingZeros ? looseNumber : strictNumber
  // A byte order mark is no error: Jackson skips it too.
  let at = text.startsWith('\uFEFF') ? 1 : 0

  const fail = (problem: string): never => {
    const lines = text.slice(0, at).split('\n')
    throw new SyntaxError(`${problem} at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`)
  }
  const expected = (what: string): never => {
    const char = text.codePointAt(at)
    return fail(`Expected ${what} but ${char === undefined ? 'the text ends' : `found ${String.fromCodePoint(char)}`}`)
  }
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  /** Skips blanks; whether `mark` comes next, and takes it if so. */
  const take = (mark: string): boolean => {
    match(blank)
    const found = text[at] === mark
    if (found) at++
    return found
  }
  const string = (): string => {
    // Searched by hand: a regular expression with a group for escapes overflows its stack on long strings.
    let end = at + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    if (end >= text.length) fail('Unterminated string')
    try {
      const value: unknown = JSON.parse(text.slice(at, end + 1))
      at = end + 1
      return String(value)
    } catch {
      return fail('String with a control character or an escape that JSON does not know')
    }
  }
  const value = (depth: number): unknown => {
    if (depth > maxDepth) fail(`Nested deeper than ${maxDepth}`)
    if (take('{')) return object(depth)
    if (take('[')) return array(depth)
    if (text[at] === '"') return string()
    const literal = match(number)
    if (literal !== '') return toNumber(literal)
    const named = match(word)
    if (named === '') return expected('a value')
    return named === 'null' ? null : named === 'true'
  }
  const object = (depth: number): object => {
    const entries: [string, unknown][] = []
    if (take('}')) return {}
    do {
      match(blank)
      const key = text[at] === '"' ? string() : expected('a key in double quotes')
      if (!take(':')) expected('a colon after the key')
      entries.push([key, value(depth + 1)])
    } while (take(','))
    if (!take('}')) expected('a comma or }')
    // Not assigned one by one: a key `__proto__` is a key like any other.
    return Object.fromEntries(entries)
  }
  const array = (depth: number): unknown[] => {
    const items: unknown[] = []
    if (take(']')) return items
    do items.push(value(depth + 1))
    while (take(','))
    if (!take(']')) expected('a comma or ]')
    return items
  }

  const result = value(0)
  match(blank)
  if (at < text.length) expected('the end of the text')
  return result
}
