import type { MaybePromise } from '#api'

/** Where a subject has a schema that another one uses, and the name by which that one calls it. */
export interface SchemaReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** What the schemas of all formats have. */
export interface RegistrySchema {
  /** As registered. */
  readonly text: string
  /** Where the registry has the schemas that this one uses. */
  readonly references: readonly SchemaReference[]
}

/** A schema under the name by which it is referred to. */
export interface Referenced<S> {
  readonly name: string
  readonly schema: S
}

/** One kind of schema that a registry keeps. */
export interface SchemaFormat<S extends RegistrySchema> {
  /** The registry's word for it. */
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF'
  readonly title: string
  /** `referenced` holds all that the schema uses, those first that others use. Throws `DataError` for a text that is no such schema. */
  compile(text: string, references: readonly SchemaReference[], referenced: readonly Referenced<S>[]): MaybePromise<S>
}
