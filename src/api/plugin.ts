import type { ConfigDef } from './config-def.ts'

export type MaybePromise<T> = T | Promise<T>

/** Fields first, message second; the message is constant, the facts are fields. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** Time as a parameter, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export type PluginKind = 'source' | 'sink' | 'converter' | 'header_converter' | 'transformation' | 'predicate'

/** A package of npm, in the one version that it was tested with. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
}

/** What every plugin declares about itself. */
export interface Plugin<D extends ConfigDef = ConfigDef> {
  readonly kind: PluginKind
  /** The short name, such as `WebSocketServerSink`. */
  readonly name: string
  /** Java class names under which it answers too, so that a pasted configuration runs. */
  readonly aliases?: readonly string[]
  readonly version: string
  /** One paragraph, in Markdown. */
  readonly doc: string
  readonly config: D
}
