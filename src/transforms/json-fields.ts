import { ConfigError, messageOf } from '#api'

/** The members of a JSON object that an option holds; one at least. `example` shows in the error what was expected. */
export function parseJsonFields(text: string, example: string): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(parseObject(text, example))
  if (entries.length === 0) throw new ConfigError(`must name at least one field, as in ${example}`)
  return entries
}

function parseObject(text: string, example: string): object {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  } catch (error) {
    throw new ConfigError(`must be a JSON object, as in ${example}: ${messageOf(error)}`, { cause: error })
  }
  throw new ConfigError(`must be a JSON object, as in ${example}`)
}

/** A validator out of what reads an option, and throws when it cannot. */
export const readBy =
  (read: (text: string) => unknown) =>
  (text: string): string | undefined => {
    try {
      read(text)
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }
