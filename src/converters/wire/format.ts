import type { MaybePromise, Schema, SchemaAndValue } from '#api'
import type { RegisteredSchema, RegistrySchema, SchemaFormat } from '../../registry/index.ts'

/** A registered schema to write with. */
export interface Target<S extends RegistrySchema> extends RegisteredSchema<S> {
  /** The registry's word for the format. */
  readonly type: string
  /** The message, where a schema holds several. */
  readonly part?: string | undefined
}

/** Reads a payload, which begins at the fifth byte. Throws anything for what does not fit; the caller says where it was. */
export type Decode = (bytes: Buffer) => SchemaAndValue

/** Writes a value with its five bytes before it. Throws `DataError` naming topic and field. */
export type Encode = (topic: string, value: unknown) => Buffer

/** Gives a Connect schema its origin. */
export type Mark = (schema: Schema, part?: string) => Schema

/** What a format adds to the wire format that all share: a zero, four bytes of schema id, the payload. */
export interface DataFormat<S extends RegistrySchema> {
  readonly schemas: SchemaFormat<S>
  /** The full name by which a schema stands for the subject strategies. */
  recordName(schema: S): string | undefined
  /** The Connect schema of data that is written with the schema. */
  toConnect(schema: S, part?: string): Schema
  /** The schema for data of a Connect schema that was made elsewhere. */
  fromConnect(schema: Schema): MaybePromise<S>
  /** How data written with `writer` is read: as `reader`, or else as what it is. */
  decoder(writer: RegisteredSchema<S>, reader: RegisteredSchema<S> | undefined, mark: Mark): Decode
  /**
   * How values are written with `target`. `connect` is their schema where they have one; `strict` is set where the target is
   * not made of it, and nothing may get lost without a word.
   */
  encoder(target: Target<S>, connect: Schema | undefined, strict: boolean): Encode
}
