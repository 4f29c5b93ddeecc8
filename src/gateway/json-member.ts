/**
 * The text of a member of a JSON object, as it was written: no digit of a number is lost.
 * `text` has to be valid JSON of an object. Of several members of the name it is the last, as with `JSON.parse`.
 */
export function jsonMember(text: string, name: string): string | undefined {
  let found: string | undefined
  let at = skipBlank(text, text.indexOf('{') + 1)
  while (text[at] === '"') {
    const keyEnd = skipString(text, at)
    const key = text.slice(at + 1, keyEnd - 1)
    const start = skipBlank(text, skipBlank(text, keyEnd) + 1)
    const end = skipValue(text, start)
    if (key === name || (key.includes('\\') && JSON.parse(`"${key}"`) === name)) found = text.slice(start, end)
    at = skipBlank(text, end)
    if (text[at] === ',') at = skipBlank(text, at + 1)
  }
  return found
}

/** The texts of valid JSON values that are joined by commas. */
export function jsonElements(text: string): string[] {
  const elements: string[] = []
  for (let at = skipBlank(text, 0); at < text.length; at = skipBlank(text, at + 1)) {
    const end = skipValue(text, at)
    elements.push(text.slice(at, end))
    at = skipBlank(text, end)
  }
  return elements
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at++
  return at
}

/** The place behind a string that begins at `from`. */
function skipString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipValue(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const char = text[at]
    if (char === '"') {
      at = skipString(text, at)
      if (depth === 0) return at
      continue
    }
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      if (depth === 0) return trimEnd(text, from, at)
      depth--
      if (depth === 0) return at + 1
    } else if (char === ',' && depth === 0) return trimEnd(text, from, at)
    at++
  }
  return at
}

function trimEnd(text: string, from: number, end: number): number {
  let at = end
  while (at > from && ' \t\n\r'.includes(text[at - 1] ?? '')) at--
  return at
}
