/** One `${provider:path:key}`; the path may be left out. */
export interface Placeholder {
  readonly provider: string
  readonly path: string
  readonly key: string
}

interface Found extends Placeholder {
  readonly start: number
  readonly end: number
}

/**
 * What Kafka’s expression `\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}` finds; by hand, since that one takes the cube of a hostile text’s length.
 */
function find(text: string): readonly Found[] {
  const found: Found[] = []
  let start = text.indexOf('${')
  while (start >= 0) {
    const close = text.indexOf('}', start)
    if (close < 0) break
    const inner = text.slice(start + 2, close)
    const first = inner.indexOf(':')
    if (first >= 0) {
      const second = inner.indexOf(':', first + 1)
      found.push({
        provider: inner.slice(0, first),
        path: second < 0 ? '' : inner.slice(first + 1, second),
        key: inner.slice(Math.max(first, second) + 1),
        start,
        end: close + 1,
      })
    }
    start = text.indexOf('${', close + 1)
  }
  return found
}

export const placeholdersIn = (text: string): readonly Placeholder[] =>
  find(text).map(({ provider, path, key }) => ({ provider, path, key }))

/** Puts in what is known; a placeholder without a value stays as it is. */
export function fillIn(text: string, valueOf: (placeholder: Placeholder) => string | undefined): string {
  const parts: string[] = []
  let at = 0
  for (const { start, end, ...placeholder } of find(text)) {
    parts.push(text.slice(at, start), valueOf(placeholder) ?? text.slice(start, end))
    at = end
  }
  return parts.join('') + text.slice(at)
}
