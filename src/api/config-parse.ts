import type { ConfigKey, ConfigType } from './config-def.ts'
import { Password } from './password.ts'

export interface Parsed {
  readonly value?: unknown
  /** What is wrong, in Kafka's words. */
  readonly error?: string
}

const ranges: Partial<Record<ConfigType, readonly [bigint, bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}

/** Parses one value as Kafka's `ConfigDef.parseType` does. */
export function parseValue(type: ConfigType, raw: string): Parsed {
  const text = javaTrim(raw)
  switch (type) {
    case 'string':
    case 'class':
      return { value: text }
    case 'password':
      return { value: new Password(text) }
    case 'list':
      return { value: splitList(text) }
    case 'boolean':
      return /^(true|false)$/i.test(text)
        ? { value: text.toLowerCase() === 'true' }
        : { error: 'Expected value to be either true or false' }
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(type, text)
    case 'double':
      return parseDouble(text)
  }
}

/** Java trims what is not above the blank, and no other space. */
function javaTrim(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && text.charAt(from) <= ' ') from++
  while (to > from && text.charAt(to - 1) <= ' ') to--
  return text.slice(from, to)
}

/** `Double.parseDouble`, without its hexadecimal form. */
function parseDouble(text: string): Parsed {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/.test(text)) return { value: Number.parseFloat(text) }
  const [, sign, word] = /^([+-]?)(NaN|Infinity)$/.exec(text) ?? []
  if (word === undefined) return { error: 'Not a number of type DOUBLE' }
  return { value: word === 'NaN' ? Number.NaN : sign === '-' ? -Infinity : Infinity }
}

function parseInteger(type: ConfigType, text: string): Parsed {
  const range = ranges[type]
  const number = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined
  return number === undefined || !range || number < range[0] || number > range[1]
    ? { error: `Not a number of type ${type.toUpperCase()}` }
    : { value: Number(number) }
}

/** What a key's rules say against a parsed value. */
export function checkValue(key: ConfigKey, value: unknown, name: string): string | undefined {
  if (key.values && !key.values.includes(value as string)) {
    return `String must be one of: ${key.values.join(', ')}`
  }
  return key.validator?.(value as never, name)
}

/** The items between commas, without the blanks around them; none of an empty text. In time that grows with the text alone. */
export function splitList(text: string): string[] {
  const trimmed = text.trim()
  return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim())
}
