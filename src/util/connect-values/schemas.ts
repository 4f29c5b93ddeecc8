import { logicalNames, type Schema, type SchemaType } from '#api'

const { date, time, timestamp, decimal } = logicalNames

export const dateSchema: Schema = { type: 'int32', name: date, version: 1 }
export const timeSchema: Schema = { type: 'int32', name: time, version: 1 }
export const timestampSchema: Schema = { type: 'int64', name: timestamp, version: 1 }
export const decimalSchema = (scale: number): Schema => ({
  type: 'bytes',
  name: decimal,
  version: 1,
  parameters: { scale: String(scale) },
})

const plain = {
  int8: { type: 'int8' },
  int16: { type: 'int16' },
  int32: { type: 'int32' },
  int64: { type: 'int64' },
  float32: { type: 'float32' },
  float64: { type: 'float64' },
  boolean: { type: 'boolean' },
  string: { type: 'string' },
} as const satisfies Partial<Record<SchemaType, Schema>>

/** The schema of a type, always the same object. */
export const schemaOf = (type: keyof typeof plain): Schema => plain[type]

export const millisPerDay = 86_400_000

/** Milliseconds since the epoch of a logical date, time or timestamp; undefined for what is none. */
export function millisOf(schema: Schema | undefined, value: unknown): bigint | undefined {
  if (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value))) return undefined
  if (schema?.name === date && schema.type === 'int32') return BigInt(value) * BigInt(millisPerDay)
  if (schema?.name === time && schema.type === 'int32') return BigInt(value)
  return schema?.name === timestamp && schema.type === 'int64' ? BigInt(value) : undefined
}

/** The number when it is exact, as values of the type int64 are here. */
export const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)
