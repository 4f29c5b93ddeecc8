import { ConfigError, ConnectError, DataError, logicalNames, messageOf, type Schema } from '#api'
import { dayMillis, splitMillis } from './date-format/calendar.ts'
import { createDateFormat, type DateFormat } from './date-format/index.ts'
import { describe } from './fields.ts'
import { exact } from './java-numbers.ts'

export type TimeKind = 'string' | 'unix' | 'Date' | 'Time' | 'Timestamp'

export interface TimestampOptions {
  readonly target: TimeKind
  /** Empty: none. */
  readonly format: string
  readonly precision: string
}

const schemas: Readonly<Record<TimeKind, Schema>> = {
  string: { type: 'string' },
  unix: { type: 'int64' },
  Date: { type: 'int32', name: logicalNames.date, version: 1 },
  Time: { type: 'int32', name: logicalNames.time, version: 1 },
  Timestamp: { type: 'int64', name: logicalNames.timestamp, version: 1 },
}

const optionalSchemas = Object.fromEntries(
  Object.entries(schemas).map(([kind, schema]) => [kind, { ...schema, optional: true }]),
) as Readonly<Record<TimeKind, Schema>>

export const targetSchema = (target: TimeKind, optional: boolean): Schema =>
  (optional ? optionalSchemas : schemas)[target]

const kindsByName: ReadonlyMap<string, TimeKind> = new Map([
  [logicalNames.timestamp, 'Timestamp'],
  [logicalNames.date, 'Date'],
  [logicalNames.time, 'Time'],
])

/** Which kind of time a schema says. Throws for what is none. */
export function kindOfSchema(schema: Schema): TimeKind {
  const kind = kindsByName.get(schema.name ?? '')
  if (kind) return kind
  if (schema.type === 'string') return 'string'
  if (schema.type === 'int64') return 'unix'
  const name = schema.name === undefined ? '' : `${schema.name}:`
  throw new ConnectError(
    `Schema Schema{${name}${schema.type.toUpperCase()}} does not correspond to a known timestamp type format`,
  )
}

/** How many of a unit make a millisecond, or how many milliseconds make one of it. */
const perMilli: Readonly<Record<string, bigint>> = { milliseconds: 1n, microseconds: 1000n, nanoseconds: 1_000_000n }
const millisPerSecond = 1000n

/** A function from a value, with its kind or without one, to the target. Throws `ConfigError`. */
export function createTimestamps({ target, format: pattern, precision }: TimestampOptions) {
  const format = formatOf(target, pattern)

  return (given: TimeKind | undefined, value: unknown, typed: boolean): unknown => {
    if (value === null || value === undefined) return null
    const millis = toMillis(given ?? inferredKind(value), value)
    return fromMillis(millis, typed)
  }

  function toMillis(kind: TimeKind, value: unknown): bigint {
    if (kind === 'string') return parse(value)
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new DataError(`Expected ${kind} timestamp to be a number, but found ${describe(value)}`)
    }
    const number = BigInt(value)
    if (kind === 'Date') return number * BigInt(dayMillis)
    if (kind !== 'unix') return number
    return limited(precision === 'seconds' ? number * millisPerSecond : number / (perMilli[precision] ?? 1n))
  }

  function parse(value: unknown): bigint {
    if (typeof value !== 'string') {
      throw new DataError(`Expected string timestamp to be a String, but found ${describe(value)}`)
    }
    if (!format) throw new DataError('TimestampConverter reads strings only when its option "format" says how.')
    const millis = format.parse(value)
    if (millis !== undefined) return BigInt(millis)
    throw new DataError(`Could not parse timestamp: value (${value}) does not match pattern (${pattern})`)
  }

  /** Without a schema, logical times are milliseconds: JavaScript has no other type for them. */
  function fromMillis(millis: bigint, typed: boolean): unknown {
    switch (target) {
      case 'string':
        return format?.format(exact(millis))
      case 'unix':
        return exact(limited(precision === 'seconds' ? millis / millisPerSecond : millis * (perMilli[precision] ?? 1n)))
      case 'Date': {
        const { day } = splitMillis(millis)
        return typed ? day : day * dayMillis
      }
      case 'Time':
        return splitMillis(millis).millisOfDay
      case 'Timestamp':
        return exact(millis)
    }
  }
}

/** Java's `TimeUnit` does not overflow. */
function limited(value: bigint): bigint {
  const max = 2n ** 63n
  return value >= max ? max - 1n : value < -max ? -max : value
}

function inferredKind(value: unknown): TimeKind {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return 'unix'
  throw new DataError(`TimestampConverter does not support ${describe(value)} objects as timestamps`)
}

function formatOf(target: TimeKind, pattern: string): DateFormat | undefined {
  if (pattern.trim() === '') {
    if (target !== 'string') return undefined
    throw new ConfigError('TimestampConverter requires format option to be specified when using string timestamps')
  }
  try {
    return createDateFormat(pattern)
  } catch (error) {
    throw new ConfigError(
      `TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: ${pattern} (${messageOf(error)})`,
      { cause: error },
    )
  }
}
