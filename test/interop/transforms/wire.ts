import { logicalNames, type Schema } from '#api'

/** Connect's values as `test/java/TypedJson.java` reads and writes them: every Java type is told apart. */
export type Wire =
  | null
  | { readonly t: ScalarKind; readonly v: string }
  | { readonly t: 'boolean'; readonly v: boolean }
  | { readonly t: 'list'; readonly v: readonly Wire[] }
  | { readonly t: 'map'; readonly v: readonly (readonly [Wire, Wire])[] }
  | { readonly t: 'struct'; readonly v: readonly (readonly [string, Wire])[] }

export type ScalarKind =
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'bytes'
  | 'decimal'
  | 'date'

export interface WireSchema {
  readonly type: Schema['type']
  readonly optional?: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly default?: Wire
  readonly fields?: readonly { readonly name: string; readonly schema: WireSchema }[]
  readonly keys?: WireSchema
  readonly values?: WireSchema
}

export interface WireHeader {
  readonly key: string
  readonly schema: WireSchema | null
  readonly value: Wire
}

export interface WireRecord {
  readonly source?: boolean
  readonly topic: string
  readonly partition: number
  readonly offset?: string
  readonly timestamp: string | null
  readonly keySchema: WireSchema | null
  readonly key: Wire
  readonly valueSchema: WireSchema | null
  readonly value: Wire
  readonly headers: readonly WireHeader[]
}

export function schemaOf(wire: WireSchema | null): Schema | undefined {
  if (!wire) return undefined
  const { default: preset, fields, keys, values, ...plain } = wire
  const schema: Schema = {
    ...plain,
    ...(fields && { fields: fields.map(({ name, schema: of }) => ({ name, schema: decoded(of) })) }),
    ...(keys && { keys: decoded(keys) }),
    ...(values && { values: decoded(values) }),
  }
  return preset === undefined ? schema : { ...schema, default: valueOf(preset, schema) }
}

const decoded = (wire: WireSchema): Schema => schemaOf(wire) as Schema

export const dayMillis = 86_400_000

/** A value in our model. Java's types that JavaScript has no counterpart for become numbers: the one place where they do. */
export function valueOf(wire: Wire, schema?: Schema): unknown {
  if (wire === null) return null
  switch (wire.t) {
    case 'byte':
    case 'short':
    case 'int':
    case 'long':
      return exact(BigInt(wire.v))
    case 'float':
      return Math.fround(Number(wire.v))
    case 'double':
      return Number(wire.v)
    case 'date':
      return schema?.name === logicalNames.date ? exact(BigInt(wire.v) / BigInt(dayMillis)) : exact(BigInt(wire.v))
    case 'bytes':
      return Buffer.from(wire.v, 'base64')
    case 'boolean':
    case 'string':
    case 'decimal':
      return wire.v
    case 'list':
      return wire.v.map((item) => valueOf(item, schema?.values))
    case 'map': {
      const entries = wire.v.map(([key, item]) => [valueOf(key, schema?.keys), valueOf(item, schema?.values)] as const)
      const named =
        schema?.keys === undefined ? entries.every(([key]) => typeof key === 'string') : schema.keys.type === 'string'
      return named ? Object.fromEntries(entries) : entries
    }
    case 'struct':
      return Object.fromEntries(
        wire.v.map(([name, item]) => [
          name,
          valueOf(item, schema?.fields?.find((field) => field.name === name)?.schema),
        ]),
      )
  }
}

const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)
