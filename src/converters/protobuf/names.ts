import { DataError } from '#api'

const confluentNamespace = 'io.confluent.connect.protobuf'

/** Names and parameters by which Confluent's converter keeps in a Connect schema what Connect does not know. */
export const parameters = {
  /** The field's number. */
  tag: `${confluentNamespace}.Tag`,
  /** Protobuf's type where Connect's has others too. */
  type: `${confluentNamespace}.Type`,
  /** An enum's name; with `.SYMBOL` the number of each. */
  enum: `${confluentNamespace}.Enum`,
  /** A member of a `oneof` that was a wrapper. */
  wrapper: `${confluentNamespace}.Wrapper`,
  precision: 'connect.decimal.precision',
  scale: 'scale',
} as const

/** Begins the name of a struct that stands for a `oneof`. */
export const unionPrefix = `${confluentNamespace}.Union.`

export const wellKnown = {
  decimal: 'confluent.type.Decimal',
  date: 'google.type.Date',
  time: 'google.type.TimeOfDay',
  timestamp: 'google.protobuf.Timestamp',
} as const

/** The files that have them. */
export const files: Readonly<Record<string, string>> = {
  [wellKnown.decimal]: 'confluent/type/decimal.proto',
  [wellKnown.date]: 'google/type/date.proto',
  [wellKnown.time]: 'google/type/timeofday.proto',
  [wellKnown.timestamp]: 'google/protobuf/timestamp.proto',
}

/** Messages that hold one primitive, and its type. */
export const wrappers: Readonly<
  Record<string, 'float64' | 'float32' | 'int64' | 'int32' | 'boolean' | 'string' | 'bytes'>
> = {
  'google.protobuf.DoubleValue': 'float64',
  'google.protobuf.FloatValue': 'float32',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'int64',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'int64',
  'google.protobuf.BoolValue': 'boolean',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
}

/** How an enum's number without a name is called, as in Java. */
export const unknownSymbol = (name: string, number: number): string => `UNKNOWN_ENUM_VALUE_${name}_${number}`

/** The name, or with `scrub.invalid.names` one that Protobuf takes, made as Confluent's converter makes it. */
export function toName(name: string, scrub: boolean): string {
  if (scrub) return scrubbed(name)
  if (/^[A-Za-z_]\w*$/.test(name) && name !== '__proto__') return name
  throw new DataError(
    `"${name}" cannot be a name in Protobuf, which has letters, digits and _ only: set scrub.invalid.names=true.`,
  )
}

function scrubbed(name: string): string {
  if (name === '' || /^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return name
  // As Java's URLEncoder: what is not a letter, a digit or one of .-*_ becomes %XX, a blank +.
  const encoded = [...Buffer.from(name)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      if (/[A-Za-z0-9.\-*_]/.test(char)) return char
      return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
  return (/^[0-9_]/.test(encoded) ? `x${encoded}` : encoded).replace(/\W/g, '_')
}
