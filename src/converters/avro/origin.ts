import type { Schema } from '#api'
import type { AvroSchema } from '../../registry/index.ts'

/** What `Schema.origin` holds of a schema that came from Avro. */
export interface AvroOrigin {
  /** The schema itself: a copy that was changed carries an origin that is not its own. */
  readonly schema: Schema
  readonly avro: AvroSchema
  /** The id in that registry. */
  readonly id: number
  readonly registry: string
  /** From `schemaFor`: data of this schema is written with this id and nothing is registered. */
  readonly pinned: boolean
}

const origins = new WeakSet<object>()

/** Gives a copy of the schema its origin. */
export function withOrigin(schema: Schema, facts: Omit<AvroOrigin, 'schema'>): Schema {
  const copy: Schema & { origin?: unknown } = { ...schema }
  const origin: AvroOrigin = { schema: copy, ...facts }
  origins.add(origin)
  // Not enumerable: a copy `{...schema, fields}` is another schema, and a printed one should not show it.
  Object.defineProperty(copy, 'origin', { value: origin })
  return copy
}

/** The origin of a schema that this converter made and nobody changed. */
export function originOf(schema: Schema | undefined): AvroOrigin | undefined {
  const origin = schema?.origin as AvroOrigin | undefined
  return origin !== undefined && origins.has(origin) && origin.schema === schema ? origin : undefined
}
