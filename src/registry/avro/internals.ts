import type avsc from 'avsc'
import type { Type } from 'avsc'

/** Where avsc reads or writes. Positions past the end are legal until the end, when the caller looks at `pos`. */
export interface Tap {
  readonly buf: Buffer
  pos: number
  readLong(): number
  writeLong(value: number): void
  skipLong(): void
  readString(): string
  skipString(): void
  writeString(value: string): void
  readBytes(): Buffer | undefined
  writeBytes(value: Buffer): void
  readFixed(size: number): Buffer | undefined
  writeFixed(value: Buffer, size: number): void
}

export type ErrorHook = (value: unknown, type: Type) => void

export interface CopyOptions {
  /** 2: from the JSON of a schema's default, 3: to it. */
  readonly coerce?: number
  /** 2: a default, given without its branch's name; 3: the name is not wanted. */
  readonly wrap?: number
}

/** A resolver under construction: what reads the writer's bytes as the reader's type. */
export interface Resolver {
  _read?: (tap: Tap) => unknown
}

/**
 * The methods that every avsc type has and its declarations do not name. avsc is pinned because the types
 * of this folder replace them; `types.test.ts` holds what is relied on.
 */
export interface Internals {
  _read(tap: Tap): unknown
  _write(tap: Tap, value: unknown): void
  _skip(tap: Tap): void
  _check(value: unknown, flags?: unknown, hook?: ErrorHook, path?: string[]): boolean
  _copy(value: unknown, options?: CopyOptions): unknown
}

export const internals = (type: Type): Internals => type as unknown as Internals

/** The same methods of one of avsc's classes, to be called with another `this`. */
export const prototypeOf = (constructor: { readonly prototype: unknown }): Internals =>
  constructor.prototype as Internals

export type Schema = Parameters<typeof avsc.Type.forSchema>[0]
export type SchemaOptions = Parameters<typeof avsc.Type.forSchema>[1]
