import type { RegistrySchema } from '../format.ts'

export type ScalarType =
  | 'int32'
  | 'sint32'
  | 'sfixed32'
  | 'uint32'
  | 'fixed32'
  | 'int64'
  | 'sint64'
  | 'sfixed64'
  | 'uint64'
  | 'fixed64'
  | 'float'
  | 'double'
  | 'bool'
  | 'string'
  | 'bytes'

export interface ProtoEnum {
  readonly name: string
  readonly fullName: string
  /** In the order of the text; two names may have one number. */
  readonly values: readonly (readonly [name: string, number: number])[]
}

export type ProtoType =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'enum'; readonly of: ProtoEnum }
  | { readonly kind: 'message'; readonly of: ProtoMessage }

export interface ProtoField {
  readonly name: string
  readonly number: number
  readonly type: ProtoType
  /** The type of the keys, of a map; `type` is that of its values. */
  readonly keys?: ScalarType
  readonly repeated: boolean
  readonly packed: boolean
  /** Whether it can be absent, which is not the same as zero. */
  readonly presence: boolean
  /** Whether the text says `optional`. */
  readonly optional: boolean
  /** Whether it says so as proto2 does. */
  readonly proto2: boolean
  /** The `oneof` that it is in. */
  readonly oneof?: string
  /** Confluent's `field_meta` parameters. */
  readonly params: Readonly<Record<string, string>>
}

export interface ProtoMessage {
  readonly name: string
  readonly fullName: string
  /** In the order of the text. */
  readonly fields: readonly ProtoField[]
  readonly oneofs: readonly string[]
  /** The messages inside, in the order of the text: the wire format counts them. */
  readonly nested: readonly ProtoMessage[]
}

/** A `.proto` text and the messages that it defines, in its order. */
export interface ProtobufSchema extends RegistrySchema {
  readonly messages: readonly ProtoMessage[]
}

/** The message at a path of indexes, as they stand before a payload. */
export function messageAt({ messages }: ProtobufSchema, indexes: readonly number[]): ProtoMessage | undefined {
  let among: readonly ProtoMessage[] = messages
  let found: ProtoMessage | undefined
  for (const index of indexes) {
    found = among[index]
    if (!found) return undefined
    among = found.nested
  }
  return found
}

/** The path of indexes to a message of this text. */
export function indexesOf(schema: ProtobufSchema, fullName: string): readonly number[] | undefined {
  const search = (among: readonly ProtoMessage[]): readonly number[] | undefined => {
    for (const [index, message] of among.entries()) {
      if (message.fullName === fullName) return [index]
      const inside = search(message.nested)
      if (inside) return [index, ...inside]
    }
    return undefined
  }
  return search(schema.messages)
}
