import type { ProtoEnum, ProtoField, ProtoMessage } from '../../registry/index.ts'
import { BytesIn, maxDepth, wireTypes } from './bytes-in.ts'
import type { ProtobufOptions } from './config.ts'
import { unknownSymbol, wrappers } from './names.ts'
import { type Scalar, scalars } from './scalars.ts'
import { isUnwrapped, unionField } from './to-connect.ts'
import { wellKnownTypes } from './well-known.ts'

/** Reads a message as its Connect value. Throws what a caller can put after "A value …". */
export type DecodeMessage = (bytes: Buffer) => unknown

type Struct = Record<string, unknown>

/** How one value, of a field or in a list, is read. */
interface Plan {
  readonly wire: number
  read(from: BytesIn, depth: number): unknown
  /** Reads a message that came in two parts, which are one. */
  readonly message?: (bytes: Buffer, depth: number) => unknown
}

interface Slot {
  readonly field: ProtoField
  readonly plan: Plan
  /** The field of the struct, and of the struct in it that stands for a `oneof`. */
  readonly name: string
  readonly member?: string
  readonly entry?: { readonly keys: Scalar; readonly isText: boolean; readonly zero: unknown }
}

interface Layout {
  readonly slots: ReadonlyMap<number, Slot>
  /** The fields in the schema's order, and what they are when they are absent. */
  readonly names: readonly { readonly name: string; readonly absent: () => unknown }[]
}

export function createDecoder(message: ProtoMessage, options: ProtobufOptions): DecodeMessage {
  const layouts = new Map<ProtoMessage, Layout>()

  function layoutOf(of: ProtoMessage): Layout {
    const known = layouts.get(of)
    if (known) return known
    const slots = new Map<number, Slot>()
    const names: { name: string; absent: () => unknown }[] = []
    const layout = { slots, names }
    layouts.set(of, layout)
    const flat = options['flatten.unions']
    for (const oneof of of.oneofs) {
      if (!flat) names.push({ name: unionField(of, oneof, options), absent: () => null })
      for (const field of of.fields)
        if (field.oneof === oneof && flat) names.push({ name: field.name, absent: () => null })
    }
    for (const field of of.fields) {
      const plan = planOf(field)
      if (field.oneof === undefined) names.push({ name: field.name, absent: absentOf(field) })
      const union = field.oneof !== undefined && !flat
      slots.set(field.number, {
        field,
        plan,
        name: union ? unionField(of, field.oneof, options) : field.name,
        ...(union && { member: field.name }),
        ...(field.keys !== undefined && {
          entry: { keys: scalars[field.keys], isText: field.keys === 'string', zero: zeroOf(field, plan) },
        }),
      })
    }
    return layout
  }

  function planOf({ type }: ProtoField): Plan {
    if (type.kind === 'scalar') return scalars[type.scalar]
    if (type.kind === 'enum') {
      const read = symbols(type.of, options)
      return { wire: wireTypes.varint, read: (from) => read(from.varint32()) }
    }
    const known = wellKnownTypes[type.of.fullName]
    const read = known
      ? (bytes: Buffer) => known.read(new BytesIn(bytes))
      : isUnwrapped(type.of, options)
        ? (bytes: Buffer, depth: number) => (struct(type.of, bytes, depth) as { value: unknown }).value
        : (bytes: Buffer, depth: number) => struct(type.of, bytes, depth)
    return { wire: wireTypes.bytes, read: (from, depth) => read(from.bytes(), depth + 1), message: read }
  }

  function absentOf(field: ProtoField): () => unknown {
    if (field.keys !== undefined) return field.keys === 'string' ? () => ({}) : () => []
    if (field.repeated) return () => []
    if (field.type.kind === 'message') {
      const plan = planOf(field)
      return options['generate.struct.for.nulls'] ? () => plan.message?.(Buffer.alloc(0), 1) : () => null
    }
    if (field.optional && (!field.proto2 || options['optional.for.proto2'])) return () => null
    const zero = zeroOf(field, planOf(field))
    return () => zero
  }

  function zeroOf({ type }: ProtoField, plan: Plan): unknown {
    if (type.kind === 'scalar') return scalars[type.scalar].zero
    if (type.kind === 'enum') return symbols(type.of, options)(type.of.values[0]?.[1] ?? 0)
    return plan.message?.(Buffer.alloc(0), 1)
  }

  function struct(of: ProtoMessage, bytes: Buffer, depth: number): unknown {
    if (depth > maxDepth) throw new Error(`is nested deeper than ${maxDepth}`)
    const { slots, names } = layoutOf(of)
    const from = new BytesIn(bytes)
    const value: Struct = {}
    for (const { name, absent } of names) value[name] = absent()
    const parts = new Map<number, Buffer>()
    while (!from.done) {
      const tag = from.varint32() >>> 0
      const slot = slots.get(tag >>> 3)
      if (slot && accepts(slot, tag & 7)) put(value, slot, tag & 7, from, depth, parts)
      else from.skip(tag & 7)
    }
    return value
  }

  function put(
    value: Struct,
    slot: Slot,
    wire: number,
    from: BytesIn,
    depth: number,
    parts: Map<number, Buffer>,
  ): void {
    const { field, plan, name, member, entry } = slot
    if (entry) return putEntry(value[name], entry, plan, from.bytes(), depth)
    if (field.repeated) {
      const list = value[name] as unknown[]
      if (wire === plan.wire) list.push(plan.read(from, depth))
      else for (const packed = new BytesIn(from.bytes()); !packed.done; ) list.push(plan.read(packed, depth))
      return
    }
    const read = plan.message ? whole(plan.message, field, from, depth, parts) : plan.read(from, depth)
    value[name] = member === undefined ? read : { [member]: read }
  }

  function whole(
    read: NonNullable<Plan['message']>,
    { number }: ProtoField,
    from: BytesIn,
    depth: number,
    parts: Map<number, Buffer>,
  ): unknown {
    const part = from.bytes()
    const former = parts.get(number)
    const bytes = former ? Buffer.concat([former, part]) : part
    parts.set(number, bytes)
    return read(bytes, depth + 1)
  }

  return (bytes) => {
    const value = struct(message, bytes, 1)
    const raw = options['wrapper.for.raw.primitives'] && wrappers[message.fullName] !== undefined
    return raw ? (value as Struct)['value'] : value
  }
}

/** The value of the wrong wire type is no value of this field; a list may be packed or not. */
const accepts = ({ field, plan, entry }: Slot, wire: number): boolean =>
  wire === (entry ? wireTypes.bytes : plan.wire) ||
  (field.repeated && wire === wireTypes.bytes && plan.wire !== wireTypes.bytes)

function putEntry(
  map: unknown,
  { keys, isText, zero }: NonNullable<Slot['entry']>,
  plan: Plan,
  bytes: Buffer,
  depth: number,
): void {
  const from = new BytesIn(bytes)
  let key = keys.zero
  let item = zero
  while (!from.done) {
    const tag = from.varint32() >>> 0
    if (tag >>> 3 === 1 && (tag & 7) === keys.wire) key = keys.read(from)
    else if (tag >>> 3 === 2 && (tag & 7) === plan.wire) item = plan.read(from, depth + 1)
    else from.skip(tag & 7)
  }
  if (isText) {
    // A key `__proto__` is a key like any other.
    Object.defineProperty(map, String(key), { value: item, enumerable: true, configurable: true, writable: true })
    return
  }
  const pairs = map as [unknown, unknown][]
  pairs.push([key, item])
}

function symbols(of: ProtoEnum, options: ProtobufOptions): (number: number) => unknown {
  if (options['int.for.enums']) return (number) => number
  const names = new Map<number, string>()
  for (const [name, number] of of.values) if (!names.has(number)) names.set(number, name)
  return (number) => names.get(number) ?? unknownSymbol(of.name, number)
}
