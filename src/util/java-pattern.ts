/** Java's POSIX classes, as what stands between brackets. */
const posix: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\x00-\\x7F',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '!-\\/:-@\\[-`{-~',
  Graph: '!-~',
  Print: ' -~',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  XDigit: '0-9a-fA-F',
  Space: ' \\t\\n\\x0B\\f\\r',
}
/** Escapes that mean something in Java and something else, or nothing, in JavaScript. */
const foreign = new Set('hHRXGNvVaec')
const syntax = new Set('^$\\.*+?()[]{}|/')

export interface JavaPattern {
  /** In JavaScript's syntax. */
  readonly body: string
  /** Whether it needs the flag `u`. */
  readonly unicode: boolean
}

/** Writes a Java pattern as JavaScript does. Throws `SyntaxError` for what would mean something else there. */
export function translateJavaPattern(source: string): JavaPattern {
  let body = ''
  let unicode = false
  let inClass = false
  let at = 0

  function escape(): void {
    const char = source.charAt(at + 1)
    if (char === 'Q') return literal()
    if (char === 'p' || char === 'P') return property(char)
    if (foreign.has(char) || /^(?:x\{|0)/.test(source.slice(at + 1, at + 3))) refuse(`\\${char}`)
    at += 2
    if (char === 'A' && !inClass) body += '^'
    else if ((char === 'z' || char === 'Z') && !inClass) body += '$'
    else if (/[a-zA-Z0-9]/.test(char) || syntax.has(char) || (char === '-' && inClass) || char === '')
      body += `\\${char}`
    else body += char
  }

  function literal(): void {
    const end = source.indexOf('\\E', at + 2)
    const text = source.slice(at + 2, end < 0 ? undefined : end)
    at = end < 0 ? source.length : end + 2
    for (const char of text) body += syntax.has(char) || (inClass && char === '-') ? `\\${char}` : char
  }

  function property(letter: 'p' | 'P'): void {
    const [whole = '', braced, single] = /^(?:\{(\w+)\}|(\w))/.exec(source.slice(at + 2)) ?? []
    const name = (braced ?? single ?? '').replace(/^Is(?=[A-Z]|$)/, '')
    at += 2 + whole.length
    const characters = Object.hasOwn(posix, name) ? posix[name] : undefined
    if (characters === undefined) {
      unicode = true
      body += `\\${letter}{${name}}`
    } else if (!inClass) body += letter === 'p' ? `[${characters}]` : `[^${characters}]`
    else if (letter === 'p') body += characters
    else refuse(`\\P{${name}} within a class`)
  }

  while (at < source.length) {
    const char = source.charAt(at)
    if (char === '\\') escape()
    else if (!inClass && char === '[') {
      const [open = '['] = /^\[\^?\]?/.exec(source.slice(at)) ?? []
      body += open.endsWith(']') ? `${open.slice(0, -1)}\\]` : open
      at += open.length
      inClass = true
    } else if (inClass && (char === '[' || source.startsWith('&&', at)))
      refuse(char === '[' ? 'a class within a class' : '&&')
    else {
      if (char === ']') inClass = false
      body += char
      at++
    }
  }
  return { body, unicode }
}

function refuse(what: string): never {
  throw new SyntaxError(`Invalid regular expression: ${what} of Java is not supported here`)
}
