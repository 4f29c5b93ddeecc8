/** The namespace of the names that Confluent's converter gives to what has none. */
export const confluentNamespace = 'io.confluent.connect.avro'

/** The name of a struct that has none. */
export const defaultName = `${confluentNamespace}.ConnectDefault`

/** The name of the record that is an entry of a map whose keys are not strings. */
export const entryName = `${confluentNamespace}.MapEntry`

/** The name of the struct that stands for a union: one optional field for each branch, of which one is set. */
export const unionName = `${confluentNamespace}.Union`

/** Parameters by which an Avro type that Connect does not know survives in a Connect schema. */
export const parameters = {
  /** Confluent's: the full name of an enum; with `.SYMBOL` each of its symbols. */
  enum: `${confluentNamespace}.Enum`,
  /** Confluent's: the bytes of a fixed. */
  fixedSize: 'connect.fixed.size',
  /** Confluent's: the precision of a decimal. */
  precision: 'connect.decimal.precision',
  scale: 'scale',
  /** The name of a fixed whose schema is named after its logical type. */
  fixedName: 'avro.fixed.name',
  /** A logical type that Connect does not have, such as `timestamp-micros` or `uuid`. */
  logicalType: 'avro.logicalType',
  /** `null`: the Avro type null, as an optional string that is never there. */
  type: 'avro.type',
  /** What `fromJson` checks a string against: the symbols. */
  allowed: 'allowed',
  /** What `fromJson` checks bytes against. */
  size: 'size',
} as const

/** Avro's logical types that are Connect's, by their Avro type. */
export const logicalTypes: Readonly<
  Record<string, { readonly avro: string; readonly connect: 'date' | 'time' | 'timestamp' }>
> = {
  date: { avro: 'int', connect: 'date' },
  'time-millis': { avro: 'int', connect: 'time' },
  'timestamp-millis': { avro: 'long', connect: 'timestamp' },
}

/** The digits of a decimal that does not say how many it has. */
export const defaultPrecision = 64
