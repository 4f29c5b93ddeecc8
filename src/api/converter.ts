import type { ConfigDef, ConfigOf, Props } from './config-def.ts'
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
  /** Every property after the prefix, as the user wrote it: for names that no declaration can list. */
  readonly props?: Props | undefined
  readonly isKey: boolean
  readonly log: Logger
  /** Aborts when the task is asked to stop; ends waits for a registry. Absent where no task is. */
  readonly signal?: AbortSignal | undefined
}

export interface ConverterPlugin<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'converter'
  /** Whether it may be named as `header.converter` too, as most of Kafka Connect's may. */
  readonly forHeaders?: boolean
  create(context: ConverterContext<ConfigOf<D>>): Converter
}

/** Turns a header's bytes into a value with its schema and back; always at once. Throws `DataError` for what does not fit. */
export interface HeaderConverter {
  toConnectHeader(topic: string, key: string, bytes: Buffer | null): SchemaAndValue
  fromConnectHeader(topic: string, key: string, schema: Schema | undefined, value: unknown): Buffer | null
}

export interface HeaderConverterPlugin<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'header_converter'
  create(context: { readonly config: ConfigOf<D>; readonly log: Logger }): HeaderConverter
}

/** Declares a header converter. `config` sees the properties after the prefix `header.converter.`. */
export function defineHeaderConverter<D extends ConfigDef>(
  spec: Omit<HeaderConverterPlugin<D>, 'kind'>,
): HeaderConverterPlugin<D> {
  return { kind: 'header_converter', ...spec }
}

/** Declares a converter. `config` sees the properties after the prefix `key.converter.` or `value.converter.`. */
export function defineConverter<D extends ConfigDef>(spec: Omit<ConverterPlugin<D>, 'kind'>): ConverterPlugin<D> {
  return { kind: 'converter', ...spec }
}
