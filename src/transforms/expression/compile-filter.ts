import { ConfigError, messageOf } from '#api'
import { checkBounds } from './check.ts'
import { createFilterEnvironment, filterVariables } from './environment.ts'

/** What a client's filter sees of a message. */
export interface FilteredMessage {
  /** What it holds. */
  readonly value: unknown
  readonly key: string | null
  readonly channel: string
}

const environment = createFilterEnvironment()

/**
 * Compiles a filter in the language of expressions: comparisons over `value`, `key` and `channel`. Throws `ConfigError` that says
 * what is wrong and where; the function throws when a message has not what the filter needs, and when it gives no truth value.
 */
export function compileFilter(text: string): (message: FilteredMessage) => boolean {
  const parsed = parse(text)
  checkBounds(parsed.ast)
  const check = parsed.check()
  if (!check.valid) throw wrong(check.error)
  if (check.type !== 'bool' && check.type !== 'dyn')
    throw new ConfigError(`the filter gives ${String(check.type)} and not true or false`)
  return (message) => {
    const result: unknown = parsed(message)
    if (typeof result !== 'boolean') throw new TypeError(`The filter gave ${typeof result} and not true or false.`)
    return result
  }
}

function parse(text: string) {
  try {
    return environment.parse(text)
  } catch (error) {
    throw wrong(error)
  }
}

function wrong(error: unknown): ConfigError {
  const { summary, range } = (error ?? {}) as {
    readonly summary?: string
    readonly range?: { readonly start?: number }
  }
  const what = summary ?? messageOf(error).split('\n')[0]
  const where = range?.start === undefined ? '' : ` at character ${range.start + 1}`
  return new ConfigError(`the filter is wrong${where}: ${what} (known are ${filterVariables.join(', ')})`, {
    cause: error,
  })
}
