const delimiters = new Set([':', ',', '{', '}', '[', ']', '"'])

/** What Java's `String.trim` leaves: everything up to the blank goes, other spaces stay. */
export function trim(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}

export interface Tokens {
  /** Where the token starts that comes next. */
  mark(): number
  rewindTo(position: number): void
  hasNext(): boolean
  next(): string
  /** The text of the next `count` tokens; undefined, and nothing taken, when there are fewer. */
  nextOf(count: number): string | undefined
  /** Takes the next token that is not blank if it is this one. */
  take(expected: string): boolean
}

/** Splits a text at delimiters that no backslash escapes; a delimiter is a token of its own. */
export function tokensOf(text: string): Tokens {
  let at = 0
  let ahead: string | undefined

  function consume(): string {
    const start = at
    let escaped = false
    for (; at < text.length; at++) {
      const char = text.charAt(at)
      if (char === '\\') escaped = !escaped
      else if (!escaped && delimiters.has(char)) {
        if (start === at) at++
        break
      } else escaped = false
    }
    return text.slice(start, at)
  }

  const tokens: Tokens = {
    mark: () => at - (ahead?.length ?? 0),
    rewindTo(position) {
      at = position
      ahead = undefined
    },
    hasNext: () => ahead !== undefined || at < text.length,
    next() {
      const token = ahead ?? consume()
      ahead = undefined
      return token
    },
    nextOf(count) {
      const start = tokens.mark()
      for (let taken = 0; taken < count; taken++) {
        if (!tokens.hasNext()) {
          tokens.rewindTo(start)
          return undefined
        }
        tokens.next()
      }
      return text.slice(start, at)
    },
    take(expected) {
      if (!tokens.hasNext()) return false
      ahead ??= consume()
      while (trim(ahead) === '' && at < text.length) ahead = consume()
      if (trim(ahead) !== expected) return false
      ahead = undefined
      return true
    },
  }
  return tokens
}
