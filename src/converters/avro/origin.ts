import type { Schema } from '#api'
import type { AvroSchema } from '../../registry/index.ts'

/** What `Schema.origin` holds of a schema that came from Avro. */
export interface AvroOrigin {
  readonly avro: AvroSchema
  /** The id in that registry. */
  readonly id: number
  readonly registry: string
  /** From `schemaFor`: data of this schema is written with this id and nothing is registered. */
  readonly pinned: boolean
}

const origins = new WeakSet<object>()

/** Gives a copy of the schema its origin. */
export function withOrigin(schema: Schema, origin: AvroOrigin): Schema {
  origins.add(origin)
  // Not enumerable: a copy `{...schema, fields}` is another schema and must not say that it came from there.
  return Object.defineProperty({ ...schema }, 'origin', { value: origin })
}

/** The origin of a schema that this converter made; a changed copy has none. */
export function originOf(schema: Schema | undefined): AvroOrigin | undefined {
  const origin = schema?.origin as AvroOrigin | undefined
  return origin !== undefined && origins.has(origin) ? origin : undefined
}
