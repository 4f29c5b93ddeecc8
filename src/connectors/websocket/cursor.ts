import { ConfigError } from '#api'

/** Where a feed continues. */
export type Cursor = string | number | null

const mark = '#{cursor}'

/** Whether a text asks for the cursor. */
export const hasCursor = (text: string | null): boolean => text?.includes(mark) ?? false

/** The address to connect to, with the cursor percent-encoded; empty while there is none. */
export const withCursor = (uri: string, cursor: Cursor): string =>
  uri.replaceAll(mark, encodeURIComponent(String(cursor ?? '')))

/**
 * Compiles `subscribe`: one text, or a JSON array whose strings are sent as they are and whose other members as JSON. A JSON
 * string that is `#{cursor}` alone becomes the cursor itself, or null; inside a longer text it is inserted. Throws `ConfigError`.
 */
export function compileSubscribe(text: string | null): (cursor: Cursor) => readonly string[] {
  if (text === null || text === '') return () => []
  if (!text.startsWith('[')) return (cursor) => [insert(text, cursor)]
  const messages = parseArray(text)
  return (cursor) =>
    messages.map((message) =>
      typeof message === 'string' ? insert(message, cursor) : JSON.stringify(fill(message, cursor)),
    )
}

function parseArray(text: string): readonly unknown[] {
  try {
    return JSON.parse(text) as readonly unknown[]
  } catch (error) {
    throw new ConfigError('must be a JSON array when it begins with "["', { cause: error })
  }
}

const insert = (text: string, cursor: Cursor): string => text.replaceAll(mark, () => String(cursor ?? ''))

function fill(json: unknown, cursor: Cursor): unknown {
  if (json === mark) return cursor
  if (typeof json === 'string') return insert(json, cursor)
  if (Array.isArray(json)) return json.map((item) => fill(item, cursor))
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fill(value, cursor)]))
}
