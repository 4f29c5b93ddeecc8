import { parseExactly } from '../util/exact-json.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value of one of Kafka Connect's topics; the JSON `null` counts as a tombstone. Throws `SyntaxError`. */
export const readJson = (value: Buffer | null): unknown => (value === null ? null : parseExactly(value.toString()))

/** An integer as Java's `int`; undefined for anything else. */
export const intOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : undefined

/** What a value is, in the words of JSON. */
export const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : value === undefined
        ? 'absent'
        : `of type ${typeof value}`

/**
 * The number at the end of a key after `parts` parts or more: `task-<name>-<n>`, and the name before it, which may hold dashes. As in Java,
 * dashes at the end of the key are passed over.
 */
export function numbered(key: string, prefix: string): { readonly name: string; readonly number: number } | undefined {
  const rest = key.slice(prefix.length).replace(/-+$/, '')
  const dash = rest.lastIndexOf('-')
  const digits = rest.slice(dash + 1)
  if (dash === -1 || !/^\+?\d{1,10}$/.test(digits)) return undefined
  const number = intOf(Number(digits))
  return number === undefined ? undefined : { name: rest.slice(0, dash), number }
}
