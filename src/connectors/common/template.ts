import { ConfigError, DataError, messageOf, toJson } from '#api'

/** Says how to read what stands between `#{` and `}`; throws `ConfigError` for a name that means nothing there. */
export type Resolve<S> = (expression: string) => (scope: S) => unknown

/** Turns a value into the text that takes the expression's place; throws `DataError` when it cannot. */
export type Insert = (value: unknown, expression: string) => string

/** Compiles a text with `#{…}` in it, once; the function that comes back is called for each record. */
export function compileTemplate<S>(text: string, resolve: Resolve<S>, insert: Insert): (scope: S) => string {
  const parts = splitTemplate(text).map(({ constant, expression }) => ({
    constant,
    expression: expression ?? '',
    read: expression === undefined ? undefined : resolve(expression),
  }))
  return (scope) => {
    let result = ''
    for (const { constant, expression, read } of parts) {
      result += constant
      if (read) result += insert(read(scope), expression)
    }
    return result
  }
}

interface Part {
  readonly constant: string
  /** What follows the constant text; undefined at the end. */
  readonly expression?: string
}

/** The constant texts of a template, each with the expression behind it. Throws `ConfigError` for a `#{` without its `}`. */
export function splitTemplate(text: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  for (let start = text.indexOf('#{'); start >= 0; start = text.indexOf('#{', from)) {
    const end = text.indexOf('}', start)
    if (end < 0) throw new ConfigError(`"${text}" has a "#{" without its "}".`)
    parts.push({ constant: text.slice(from, start), expression: text.slice(start + 2, end).trim() })
    from = end + 1
  }
  if (from < text.length || parts.length === 0) parts.push({ constant: text.slice(from) })
  return parts
}

/** Inserts a string, number or boolean as it is. */
export const asText: Insert = (value, expression) => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw new DataError(`"#{${expression}}" ${whatItIs(value)}, and a string, number or boolean is needed there.`, {
    context: { field: expression },
  })
}

/** Inserts the value's JSON; `null` for what is not there. */
export const asJson: Insert = (value) => toJson(value ?? null)

const whatItIs = (value: unknown): string =>
  value === undefined || value === null ? 'is missing' : Array.isArray(value) ? 'is an array' : 'is an object'

/** A validator for configuration: the complaint of whatever `compile` throws. */
export const compiles =
  (compile: (text: string) => unknown) =>
  (value: string | readonly string[]): string | undefined => {
    try {
      for (const text of typeof value === 'string' ? [value] : value) compile(text)
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }
