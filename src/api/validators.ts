import type { Validator } from './config-def.ts'

export const nonEmpty = (value: string | readonly string[]): string | undefined =>
  value.length === 0 ? 'must not be empty' : undefined

export const atLeast =
  (min: number) =>
  (value: number): string | undefined =>
    value < min ? `Value must be at least ${min}` : undefined

export const between =
  (min: number, max: number) =>
  (value: number): string | undefined =>
    value < min || value > max ? `Value must be between ${min} and ${max}` : undefined

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

/** All of them; the first complaint counts. */
export const all =
  (...validators: readonly Validator[]) =>
  (value: never): string | undefined => {
    for (const validator of validators) {
      const error = validator(value)
      if (error !== undefined) return error
    }
    return undefined
  }
