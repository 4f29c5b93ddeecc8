import type { ConfigKey, ConnectRecord, Schema } from '#api'

/** The option of every sided transformation; `Name$Key` and `Name$Value` set it. */
export const onKey = {
  type: 'string',
  importance: 'medium',
  default: 'value',
  values: ['key', 'value'],
  doc: "Whether to work on the record's key or on its value.",
} as const satisfies ConfigKey

/** Reads and replaces the key or the value of a record. */
export interface Side {
  schema(record: ConnectRecord): Schema | undefined
  value(record: ConnectRecord): unknown
  /** A copy with another key or value, and another path where it was split. */
  replace<R extends ConnectRecord>(record: R, schema: Schema | undefined, value: unknown, path?: readonly number[]): R
}

const sides: Readonly<Record<'key' | 'value', Side>> = {
  key: {
    schema: (record) => record.keySchema,
    value: (record) => record.key,
    replace: (record, keySchema, key, path = record.path) => ({ ...record, key, keySchema, path }),
  },
  value: {
    schema: (record) => record.valueSchema,
    value: (record) => record.value,
    replace: (record, valueSchema, value, path = record.path) => ({ ...record, value, valueSchema, path }),
  },
}

export const sideOf = (on: 'key' | 'value'): Side => sides[on]
