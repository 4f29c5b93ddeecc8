import type { Schema } from '#api'
import type { RegistrySchema } from '../../registry/index.ts'
import type { Target } from './format.ts'

/** What `Schema.origin` holds of a schema that came from a registry. */
export interface Origin<S extends RegistrySchema> extends Target<S> {
  readonly registry: string
  /** From `schemaFor`: data of this schema is written with this id and nothing is registered. */
  readonly pinned: boolean
}

const origins = new WeakSet<object>()

/** Gives a copy of the schema its origin. */
export function withOrigin<S extends RegistrySchema>(schema: Schema, origin: Origin<S>): Schema {
  origins.add(origin)
  // Not enumerable: a copy `{...schema, fields}` is another schema and must not say that it came from there.
  return Object.defineProperty({ ...schema }, 'origin', { value: origin })
}

/** The origin of a schema that a converter made of this format; a changed copy has none. */
export function originOf<S extends RegistrySchema>(schema: Schema | undefined, type: string): Origin<S> | undefined {
  const origin = schema?.origin as Origin<S> | undefined
  return origin !== undefined && origins.has(origin) && origin.type === type ? origin : undefined
}
