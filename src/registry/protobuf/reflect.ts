import type protobufjs from 'protobufjs'
import type { Enum, Field, MapField, ReflectionObject, Type } from 'protobufjs'
import type { ProtoEnum, ProtoField, ProtoMessage, ProtoType, ScalarType } from './model.ts'

type Library = typeof protobufjs

export interface Reflection {
  /** The message, if it is one. */
  message(object: ReflectionObject): ProtoMessage | undefined
}

const scalars: ReadonlySet<string> = new Set<ScalarType>([
  'int32',
  'sint32',
  'sfixed32',
  'uint32',
  'fixed32',
  'int64',
  'sint64',
  'sfixed64',
  'uint64',
  'fixed64',
  'float',
  'double',
  'bool',
  'string',
  'bytes',
])

const isScalar = (name: string): name is ScalarType => scalars.has(name)

/** Turns what protobufjs has read and resolved into our model. A message that contains itself becomes a cyclic one. */
export function createReflection(library: Library): Reflection {
  const messages = new Map<Type, ProtoMessage>()
  const enums = new Map<Enum, ProtoEnum>()

  function messageOf(type: Type): ProtoMessage {
    const known = messages.get(type)
    if (known) return known
    const fields: ProtoField[] = []
    const nested: ProtoMessage[] = []
    const oneofs = type.oneofsArray.filter((oneof) => !oneof.isProto3Optional).map(({ name }) => name)
    const message = { name: type.name, fullName: type.fullName.slice(1), fields, nested, oneofs }
    // Known before its fields are: they may be of this very message.
    messages.set(type, message)
    // Fields of extensions have names that begin with a point.
    for (const field of type.fieldsArray) if (!field.name.startsWith('.')) fields.push(fieldOf(field))
    for (const each of type.nestedArray) if (each instanceof library.Type) nested.push(messageOf(each))
    return message
  }

  function enumOf(of: Enum): ProtoEnum {
    const known = enums.get(of)
    if (known) return known
    const made = { name: of.name, fullName: of.fullName.slice(1), values: Object.entries(of.values) }
    enums.set(of, made)
    return made
  }

  function typeOf(field: Field): ProtoType {
    if (field.resolvedType instanceof library.Enum) return { kind: 'enum', of: enumOf(field.resolvedType) }
    if (field.resolvedType instanceof library.Type) return { kind: 'message', of: messageOf(field.resolvedType) }
    if (isScalar(field.type)) return { kind: 'scalar', scalar: field.type }
    throw new Error(`the type ${field.type} of ${field.fullName.slice(1)} is unknown`)
  }

  function fieldOf(field: Field): ProtoField {
    if (field.name === '__proto__') throw new Error('a field cannot be named __proto__')
    if (field.delimited) throw new Error(`the group ${field.fullName.slice(1)} is not supported`)
    const type = typeOf(field)
    // In truth the oneof itself.
    const given: unknown = field.hasPresence
    const hasPresence = Boolean(given)
    const keys = field.map ? (field as unknown as MapField).keyType : undefined
    const oneof = field.partOf && !field.partOf.isProto3Optional ? field.partOf.name : undefined
    const singular = !field.repeated && !field.map
    return {
      name: field.name,
      number: field.id,
      type,
      ...(keys !== undefined && isScalar(keys) && { keys }),
      repeated: field.repeated,
      packed: field.packed,
      presence: singular && (type.kind === 'message' || hasPresence),
      optional: singular && hasPresence && !field.required && oneof === undefined,
      proto2: hasPresence && field.partOf === null,
      ...(oneof !== undefined && { oneof }),
      params: paramsOf(field),
    }
  }

  return { message: (object) => (object instanceof library.Type ? messageOf(object) : undefined) }
}

/** The parameters of the option `(confluent.field_meta)`, in whichever of the spellings it is written. */
function paramsOf({ parsedOptions }: Field): Readonly<Record<string, string>> {
  const options = (parsedOptions ?? []) as unknown as readonly Readonly<Record<string, unknown>>[]
  const entries = options.flatMap((option) => {
    const meta = option['(confluent.field_meta)'] as { params?: unknown } | undefined
    const params = meta?.params ?? []
    return (Array.isArray(params) ? params : [params]) as readonly { key?: unknown; value?: unknown }[]
  })
  return Object.fromEntries(entries.map(({ key, value }) => [String(key), String(value)]))
}
