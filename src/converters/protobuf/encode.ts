import { fieldSchema, type Schema, SchemaMismatchError, toJson } from '#api'
import type { ProtoEnum, ProtoField, ProtoMessage } from '../../registry/index.ts'
import { maxDepth, wireTypes } from './bytes-in.ts'
import { BytesOut } from './bytes-out.ts'
import type { ProtobufOptions } from './config.ts'
import { toName, unionPrefix, unknownSymbol, wrappers } from './names.ts'
import { isZero, scalars } from './scalars.ts'
import { unionField } from './to-connect.ts'
import { wellKnownTypes } from './well-known.ts'

/** Writes a Connect value as a message. Throws `SchemaMismatchError` naming the field. */
export type EncodeMessage = (value: unknown) => Buffer

interface Plan {
  readonly wire: 0 | 1 | 2 | 5
  /** Throws anything for a value that is none. */
  write(to: BytesOut, value: unknown, path: string, depth: number): void
}

interface Slot {
  readonly field: ProtoField
  readonly plan: Plan
  /** The field of the struct, and of the struct in it that stands for a `oneof`. */
  readonly name: string
  readonly member?: string
}

export interface EncoderOptions {
  readonly options: ProtobufOptions
  /** Whether fields that the message does not have are an error. */
  readonly strict: boolean
}

/** `connect` is the schema of the values, where it is known: a `oneof` and a name that was changed are found by it. */
export function createEncoder(
  message: ProtoMessage,
  connect: Schema | undefined,
  { options, strict }: EncoderOptions,
): EncodeMessage {
  const layouts = new Map<unknown, readonly Slot[]>()

  /** In the order of the numbers, as Java writes them. */
  function layoutOf(of: ProtoMessage, schema: Schema | undefined): readonly Slot[] {
    const key = schema?.fields ?? of
    const known = layouts.get(key)
    if (known) return known
    const slots: Slot[] = []
    layouts.set(key, slots)
    for (const field of of.fields.toSorted((a, b) => a.number - b.number)) slots.push(slotOf(of, field, schema))
    return slots
  }

  function slotOf(of: ProtoMessage, field: ProtoField, schema: Schema | undefined): Slot {
    const named = (within: Schema | undefined): string =>
      within?.fields?.find(({ name }) => toNameOr(name, options) === field.name)?.name ?? field.name
    if (field.oneof === undefined || options['flatten.unions']) {
      const name = named(schema)
      return { field, name, plan: planOf(field, fieldSchema(schema, name)) }
    }
    const suffix = unionPrefix + field.oneof
    const union = schema?.fields?.find(
      (each) => each.schema.name === suffix || each.schema.name === `${unionPrefix}${of.fullName}.${field.oneof}`,
    )
    const member = named(union?.schema)
    const name = union?.name ?? unionField(of, field.oneof, options)
    return { field, name, member, plan: planOf(field, fieldSchema(union?.schema, member)) }
  }

  function planOf(field: ProtoField, schema: Schema | undefined): Plan {
    const { type } = field
    if (type.kind === 'scalar') return scalars[type.scalar]
    if (type.kind === 'enum') {
      const numberOf = numbers(type.of)
      return { wire: wireTypes.varint, write: (to, value) => to.varint(BigInt(numberOf(value))) }
    }
    const known = wellKnownTypes[type.of.fullName]
    const inner = field.repeated || field.keys !== undefined ? schema?.values : schema
    const isWrapper = wrappers[type.of.fullName] !== undefined
    return {
      wire: wireTypes.bytes,
      write(to, value, path, depth) {
        if (known && !isStruct(value)) to.bytes(known.write(value))
        else to.bytes(struct(type.of, inner, isWrapper && !isStruct(value) ? { value } : value, path, depth + 1))
      },
    }
  }

  function struct(of: ProtoMessage, schema: Schema | undefined, value: unknown, path: string, depth: number): Buffer {
    if (depth > maxDepth) throw misfit(path, `is nested deeper than ${maxDepth}`)
    if (!isStruct(value)) throw misfit(path, `has ${describe(value)} where ${of.fullName} is a message`)
    const slots = layoutOf(of, schema)
    if (strict) checkNames(slots, of, value, path)
    const to = new BytesOut()
    for (const slot of slots) {
      const outer = Object.hasOwn(value, slot.name) ? value[slot.name] : undefined
      const item = slot.member === undefined ? outer : memberOf(outer, slot.member)
      if (item !== null && item !== undefined)
        put(to, slot, item, path === '' ? slot.name : `${path}.${slot.name}`, depth)
    }
    return to.finish()
  }

  return (value) => {
    const raw = wrappers[message.fullName] !== undefined && !isStruct(value)
    return struct(message, connect, raw ? { value } : value, '', 1)
  }
}

function put(to: BytesOut, { field, plan }: Slot, value: unknown, path: string, depth: number): void {
  if (field.keys !== undefined) return putEntries(to, field, plan, value, path, depth)
  if (field.repeated) return putList(to, field, plan, value, path, depth)
  if (!field.presence && field.oneof === undefined && isAbsent(field, value)) return
  to.tag(field.number, plan.wire)
  write(to, plan, value, path, depth)
}

/** The zero of a field that cannot be absent is not written. */
function isAbsent({ type }: ProtoField, value: unknown): boolean {
  if (type.kind !== 'enum') return isZero(value)
  return value === 0 || type.of.values.some(([name, number]) => number === 0 && name === value)
}

function putList(to: BytesOut, field: ProtoField, plan: Plan, value: unknown, path: string, depth: number): void {
  if (!Array.isArray(value)) throw misfit(path, `has ${describe(value)} where Protobuf has a list`)
  if (value.length === 0) return
  const packed = field.packed && plan.wire !== wireTypes.bytes
  const into = packed ? new BytesOut() : to
  for (const [index, item] of value.entries()) {
    if (!packed) into.tag(field.number, plan.wire)
    write(into, plan, item, `${path}.${index}`, depth)
  }
  if (!packed) return
  to.tag(field.number, wireTypes.bytes)
  to.bytes(into.finish())
}

function putEntries(to: BytesOut, field: ProtoField, plan: Plan, value: unknown, path: string, depth: number): void {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    throw misfit(path, `has ${describe(value)} where Protobuf has a map`)
  }
  const keys = scalars[field.keys ?? 'string']
  const entries = (Array.isArray(value) ? value : Object.entries(value)) as readonly (readonly [unknown, unknown])[]
  for (const [key, item] of entries) {
    const at = `${path}.${String(key)}`
    const entry = new BytesOut()
    entry.tag(1, keys.wire)
    write(entry, keys, key, at, depth)
    if (item !== null && item !== undefined) {
      entry.tag(2, plan.wire)
      write(entry, plan, item, at, depth)
    }
    to.tag(field.number, wireTypes.bytes)
    to.bytes(entry.finish())
  }
}

function write(to: BytesOut, plan: Plan, value: unknown, path: string, depth: number): void {
  try {
    plan.write(to, value, path, depth)
  } catch (error) {
    if (SchemaMismatchError.is(error)) throw error
    throw misfit(path, `has ${describe(value)}, which its Protobuf type does not take`)
  }
}

const misfit = (path: string, problem: string): SchemaMismatchError =>
  new SchemaMismatchError(`${path === '' ? 'The value' : `The field ${path}`} ${problem}`, { context: { field: path } })

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return 'null'
  if (Buffer.isBuffer(value)) return 'bytes'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a struct'
  return `the ${typeof value} ${toJson(value).slice(0, 40)}`
}

function checkNames(
  slots: readonly Slot[],
  of: ProtoMessage,
  value: Readonly<Record<string, unknown>>,
  path: string,
): void {
  for (const [name, item] of Object.entries(value)) {
    if (item === null || item === undefined || slots.some((slot) => slot.name === name)) continue
    throw misfit(path === '' ? name : `${path}.${name}`, `is not in the message ${of.fullName}`)
  }
}

const isStruct = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)

const memberOf = (union: unknown, member: string): unknown =>
  isStruct(union) && Object.hasOwn(union, member) ? union[member] : undefined

const toNameOr = (name: string, options: ProtobufOptions): string =>
  options['scrub.invalid.names'] ? toName(name, true) : name

function numbers(of: ProtoEnum): (value: unknown) => number {
  const known = new Map(of.values)
  const unknown = unknownSymbol(of.name, 0).slice(0, -1)
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value
    const number = typeof value === 'string' ? known.get(value) : undefined
    if (number !== undefined) return number
    const rest = typeof value === 'string' && value.startsWith(unknown) ? value.slice(unknown.length) : ''
    if (/^-?\d{1,10}$/.test(rest)) return Number(rest)
    throw new Error('no symbol')
  }
}
