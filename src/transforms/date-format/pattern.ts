/** A piece of a pattern: text as it is, or a letter with how often it stands there. */
export type DateToken =
  | { readonly literal: string; readonly letter?: undefined }
  | { readonly letter: string; readonly count: number }

const known = new Set('GyMdkHmsSEDFwWahKzZYuXL')

/** Splits a pattern of Java's `SimpleDateFormat`. Throws `SyntaxError` with Java's words for what Java refuses. */
export function parsePattern(pattern: string): readonly DateToken[] {
  const tokens: DateToken[] = []
  let literal = ''
  const flush = () => {
    if (literal !== '') tokens.push({ literal })
    literal = ''
  }
  for (let at = 0; at < pattern.length; ) {
    const char = pattern.charAt(at)
    if (char === "'") {
      const [text, next] = quoted(pattern, at)
      literal += text
      at = next
    } else if (/[a-zA-Z]/.test(char)) {
      let end = at
      while (pattern.charAt(end) === char) end++
      flush()
      tokens.push(letterToken(char, end - at))
      at = end
    } else {
      literal += char
      at++
    }
  }
  flush()
  return tokens
}

function letterToken(letter: string, count: number): DateToken {
  if (!known.has(letter)) throw new SyntaxError(`Illegal pattern character '${letter}'`)
  if (letter === 'X' && count > 3) throw new SyntaxError(`invalid ISO 8601 format: length=${count}`)
  return { letter, count }
}

/** Two quotes are one; text in quotes is literal. */
function quoted(pattern: string, at: number): readonly [string, number] {
  if (pattern.charAt(at + 1) === "'") return ["'", at + 2]
  let text = ''
  for (let next = at + 1; next < pattern.length; next++) {
    if (pattern.charAt(next) !== "'") text += pattern.charAt(next)
    else if (pattern.charAt(next + 1) === "'") text += pattern.charAt(next++)
    else return [text, next + 1]
  }
  throw new SyntaxError('Unterminated quote')
}
