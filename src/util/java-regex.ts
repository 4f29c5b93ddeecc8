import { RE2JS } from 're2js'
import { translateJavaPattern } from './java-pattern.ts'

/**
 * A regular expression written for Java, as far as JavaScript has the same: flags at the start such as `(?i)`, `\Q…\E`, `\A`, `\z`,
 * `\p{…}` and the POSIX classes are understood. With `whole` it has to match all of a text, as Java's `matches()`, and then takes time that
 * grows with the text alone, unless it looks around or back. Throws `SyntaxError` for what it cannot do, or would do otherwise.
 */
export function javaRegex(source: string, { whole = false }: { readonly whole?: boolean } = {}): RegExp {
  const [head = '', given = ''] = /^\(\?([a-zA-Z]+)\)/.exec(source) ?? []
  const unknown = given.split('').find((flag) => !'ims'.includes(flag))
  if (unknown !== undefined)
    throw new SyntaxError(`Invalid regular expression: the flag (?${unknown}) is not supported`)
  const { body, unicode } = translateJavaPattern(source.slice(head.length))
  const flags = [...new Set(given.split(''))].join('')
  // Compiled by itself first: a stray parenthesis must not pair with the wrapper's.
  const plain = new RegExp(body, flags + (unicode ? 'u' : ''))
  if (!whole) return plain
  const regex = new RegExp(`^(?:${body})$`, plain.flags)
  const linear = compileLinear(body, flags)
  if (linear) regex.test = (text) => linear.matches(text)
  return regex
}

/** Its twin that never tries a text twice; undefined for what only backtracking can do. */
function compileLinear(body: string, flags: string): RE2JS | undefined {
  const bits = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL }
  const options = Object.entries(bits).reduce((all, [flag, bit]) => (flags.includes(flag) ? all | bit : all), 0)
  try {
    return RE2JS.compile(body, options)
  } catch {
    // A look-around or a back reference, say.
    return undefined
  }
}

/** Whether all of `text` matches, and what Java's `replaceFirst` then makes of it; undefined when it does not match. */
export type Rewrite = (text: string) => string | undefined

/**
 * Java's `matches()` followed by `replaceFirst(replacement)`, where `$1` and `${name}` are groups and a backslash takes the next character
 * as it is. Throws `SyntaxError` for what Java refuses, a group that does not exist included.
 */
export function javaRewrite(source: string, replacement: string): Rewrite {
  const whole = javaRegex(source, { whole: true })
  const first = javaRegex(source)
  const groups = new RegExp(`${first.source}|`, first.flags).exec('')
  const parts = parseReplacement(replacement, (groups?.length ?? 1) - 1, Object.keys(groups?.groups ?? {}))
  return (text) => {
    if (!whole.test(text)) return undefined
    const match = first.exec(text)
    if (!match) return text
    const middle = parts.map((part) => (typeof part === 'string' ? part : (groupOf(match, part.group) ?? ''))).join('')
    return text.slice(0, match.index) + middle + text.slice(match.index + match[0].length)
  }
}

type Part = string | { readonly group: string | number }

const groupOf = (match: RegExpExecArray, group: string | number): string | undefined =>
  typeof group === 'number' ? match[group] : match.groups?.[group]

function parseReplacement(text: string, groupCount: number, names: readonly string[]): readonly Part[] {
  const parts: Part[] = []
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at)
    if (char === '\\') {
      if (at + 1 === text.length) throw new SyntaxError('Invalid replacement: character to be escaped is missing')
      parts.push(text.charAt(at + 1))
      at += 2
    } else if (char === '$') {
      const [part, length] = parseGroup(text.slice(at), groupCount, names)
      parts.push(part)
      at += length
    } else {
      parts.push(char)
      at++
    }
  }
  return parts
}

function parseGroup(text: string, groupCount: number, names: readonly string[]): readonly [Part, number] {
  const named = /^\$\{([A-Za-z][A-Za-z0-9]*)\}/.exec(text)
  if (named) {
    const name = named[1] ?? ''
    if (!names.includes(name)) throw new SyntaxError(`Invalid replacement: No group with name {${name}}`)
    return [{ group: name }, named[0].length]
  }
  const digits = /^\$(\d+)/.exec(text)?.[1]
  if (digits === undefined) throw new SyntaxError('Invalid replacement: Illegal group reference')
  // As many digits as still name a group, at least one.
  let length = digits.length
  while (length > 1 && Number(digits.slice(0, length)) > groupCount) length--
  const group = Number(digits.slice(0, length))
  if (group > groupCount) throw new SyntaxError(`Invalid replacement: No group ${group}`)
  return [{ group }, length + 1]
}
