import type { ConfigDef, ConfigOf } from './config-def.ts'
import type { Logger, MaybePromise, Plugin } from './plugin.ts'
import type { Schema, SchemaAndValue } from './schema.ts'

/**
 * Turns bytes into values with their schema and back. Answers at once when it can and with a promise when it must
 * ask a registry first: a caller checks for a promise and does not await what is not one.
 * Throws `DataError` for bytes or values that do not fit, `RetriableError` when the registry is away.
 */
export interface Converter {
  toConnectData(topic: string, bytes: Buffer | null): MaybePromise<SchemaAndValue>
  fromConnectData(topic: string, schema: Schema | undefined, value: unknown): MaybePromise<Buffer | null>
  /**
   * The schema that data written to `topic` has to fit (the subject's newest, or the pinned one); undefined when this format
   * asks for none. Sources check what comes from outside against it. Rejects when the subject does not exist.
   */
  schemaFor?(topic: string): Promise<Schema | undefined>
  close?(): MaybePromise<void>
}

export interface ConverterContext<C> {
  readonly config: C
  readonly isKey: boolean
  readonly log: Logger
}

export interface ConverterPlugin<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'converter'
  create(context: ConverterContext<ConfigOf<D>>): Converter
}

/** Declares a converter. `config` sees the properties after the prefix `key.converter.` or `value.converter.`. */
export function defineConverter<D extends ConfigDef>(spec: Omit<ConverterPlugin<D>, 'kind'>): ConverterPlugin<D> {
  return { kind: 'converter', ...spec }
}
