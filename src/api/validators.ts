import type { Validator } from './config-def.ts'

export const nonEmpty = (value: string | readonly string[]): string | undefined =>
  value.length > 0 ? undefined : typeof value === 'string' ? 'String must be non-empty' : 'must not be empty'

export const atLeast =
  (min: number) =>
  (value: number): string | undefined =>
    value < min ? `Value must be at least ${min}` : undefined

export const between =
  (min: number, max: number) =>
  (value: number): string | undefined =>
    value < min ? `Value must be at least ${min}` : value > max ? `Value must be no more than ${max}` : undefined

/** One of the values, in any case. */
export const oneOfIgnoringCase =
  (...values: readonly string[]) =>
  (value: string): string | undefined =>
    values.some((each) => each.toLowerCase() === value.toLowerCase())
      ? undefined
      : `String must be one of (case insensitive): ${values.map((each) => each.toUpperCase()).join(', ')}`

/** A list without empty values; repeated ones are refused by `validate` and dropped by `parse` (KIP-1161). */
export const distinct = ({ empty = true }: { readonly empty?: boolean } = {}) =>
  Object.assign(
    (values: readonly string[], name: string) => {
      if (!empty && values.length === 0) {
        return `Configuration '${name}' must not be empty. Valid values include: any non-empty value`
      }
      if (new Set(values).size < values.length) return `Configuration '${name}' values must not be duplicated.`
      return values.includes('') ? `Configuration '${name}' values must not be empty.` : undefined
    },
    { sentence: true, distinct: true },
  )

export const isUrl =
  (...protocols: readonly string[]) =>
  (value: string): string | undefined => {
    const expected = `must be a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`
    try {
      return protocols.includes(new URL(value).protocol) ? undefined : expected
    } catch {
      return expected
    }
  }

export const isRegex = (value: string): string | undefined => {
  try {
    return void RegExp(value)
  } catch (error) {
    return `not a regular expression: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** All of them; the first complaint counts. One that speaks in sentences of its own (`distinct`) goes alone. */
export const all =
  (...validators: readonly Validator[]) =>
  (value: never, name: string): string | undefined => {
    for (const validator of validators) {
      const error = validator(value, name)
      if (error !== undefined) return error
    }
    return undefined
  }
