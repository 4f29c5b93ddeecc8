/**
 * Kafka Connect's schema model over plain JavaScript values.
 *
 * | type | JavaScript value |
 * |---|---|
 * | int8, int16, int32, float32, float64 | number |
 * | int64 | number when it is a safe integer, else bigint |
 * | boolean | boolean |
 * | string | string |
 * | bytes | Buffer |
 * | array | Array |
 * | map | plain object (keys are strings), or an Array of `[key, value]` when the keys are not strings |
 * | struct | plain object |
 *
 * Logical types are told by `name` and keep their exact value:
 * Date is the number of days, Time of milliseconds, Timestamp of milliseconds since the epoch (numbers, as on the wire);
 * Decimal is a string of digits such as `"-12.340"`. Their JSON is the same number or string.
 */
export interface Schema {
  readonly type: SchemaType
  readonly optional?: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly default?: unknown
  readonly parameters?: Readonly<Record<string, string>>
  /** Of a struct. */
  readonly fields?: readonly SchemaField[]
  /** Of a map. */
  readonly keys?: Schema
  /** Of a map or an array. */
  readonly values?: Schema
  /** What the converter made it from (an Avro type with its id, say), so that it need not be derived again. Opaque to others. */
  readonly origin?: unknown
}

export type SchemaType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'boolean'
  | 'string'
  | 'bytes'
  | 'array'
  | 'map'
  | 'struct'

export interface SchemaField {
  readonly name: string
  readonly schema: Schema
}

export interface SchemaAndValue {
  readonly schema?: Schema | undefined
  readonly value: unknown
}

/** The names of Kafka Connect's logical types, and of those that Avro has beyond them. */
export const logicalNames = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const

/** The schema of a field of a struct, or undefined. */
export const fieldSchema = (schema: Schema | undefined, name: string): Schema | undefined =>
  schema?.fields?.find((field) => field.name === name)?.schema
