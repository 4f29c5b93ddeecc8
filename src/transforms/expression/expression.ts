import { ConfigError, type ConnectRecord, DataError, messageOf } from '#api'
import { checkBounds } from './check.ts'
import { createEnvironment, variables } from './environment.ts'

/** Answers for a record, or throws `DataError` when the record has not what it needs. */
export type Expression = (record: ConnectRecord) => unknown

const maxLength = 4096
const environment = createEnvironment()

/** A named field, header or entry that is not there. */
export class MissingValueError extends DataError {
  static override readonly code: string = 'MISSING_VALUE'
}

/** Compiles a value expression. Throws `ConfigError` that says what is wrong and where. */
export function compileExpression(text: string): Expression {
  if (text.length > maxLength) throw new ConfigError(`an expression has ${maxLength} characters at most`)
  const parsed = parse(text)
  checkBounds(parsed.ast)
  const check = parsed.check()
  if (!check.valid)
    throw new ConfigError(`${quoted(text)}: ${firstLine(check.error)} (known are ${variables.join(', ')})`)
  return (record) => {
    try {
      return toConnect(parsed(variablesOf(record)))
    } catch (error) {
      const message = `${quoted(text)} cannot be worked out: ${firstLine(error)}`
      const isMissing = /^No such (?:key|index)|index out of bounds/i.test(messageOf(error))
      throw new (isMissing ? MissingValueError : DataError)(message, { cause: error })
    }
  }
}

function parse(text: string) {
  try {
    return environment.parse(text)
  } catch (error) {
    throw new ConfigError(`${quoted(text)}: ${firstLine(error)}`, { cause: error })
  }
}

const quoted = (text: string): string => `the expression ${JSON.stringify(text)}`
const firstLine = (error: unknown): string => messageOf(error).split('\n')[0] ?? ''

const variablesOf = (record: ConnectRecord) => ({
  key: record.key ?? null,
  value: record.value ?? null,
  headers: Object.fromEntries(record.headers.map(({ key, value }) => [key, value])),
  topic: record.topic,
  partition: record.partition ?? null,
  offset: 'origin' in record ? (record.origin as { readonly offset: bigint }).offset : null,
  timestamp: record.timestamp ?? null,
})

/** What an expression gives as values of records: whole numbers where they are safe, lists and maps as they are. */
function toConnect(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(toConnect)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), toConnect(item)]))
  if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null) {
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, toConnect(item)]))
  }
  throw new DataError(`its result is a ${(value as object).constructor.name}, which no record can hold`)
}
