import type { Schema, SchemaField } from '#api'
import type { ProtoEnum, ProtoField, ProtoMessage, ScalarType } from '../../registry/index.ts'
import type { ProtobufOptions } from './config.ts'
import { parameters, unionPrefix, wrappers } from './names.ts'
import { wellKnownTypes } from './well-known.ts'

const types: Readonly<Record<ScalarType, Schema['type']>> = {
  int32: 'int32',
  sint32: 'int32',
  sfixed32: 'int32',
  uint32: 'int64',
  fixed32: 'int64',
  int64: 'int64',
  sint64: 'int64',
  sfixed64: 'int64',
  uint64: 'int64',
  fixed64: 'int64',
  float: 'float32',
  double: 'float64',
  bool: 'boolean',
  string: 'string',
  bytes: 'bytes',
}

type Named = Map<ProtoMessage, Schema>

/** The Connect schema of a message, as Confluent's converter makes it. Of a message that contains itself it is cyclic. */
export function toConnect(message: ProtoMessage, options: ProtobufOptions): Schema {
  const primitive = options['wrapper.for.raw.primitives'] ? wrappers[message.fullName] : undefined
  return primitive ? { type: primitive } : structOf(message, options, new Map())
}

/** Confluent's name of the field that stands for a `oneof`. */
export const unionField = (message: ProtoMessage, oneof: string, options: ProtobufOptions): string =>
  options['generate.index.for.unions'] ? `${oneof}_${message.oneofs.indexOf(oneof)}` : oneof

/** Whether an optional primitive stands for this wrapper message. */
export const isUnwrapped = (message: ProtoMessage, options: ProtobufOptions): boolean =>
  options['wrapper.for.nullables'] && wrappers[message.fullName] !== undefined

function structOf(message: ProtoMessage, options: ProtobufOptions, named: Named): Schema {
  const known = named.get(message)
  if (known) return known
  const fields: SchemaField[] = []
  const schema: Schema = { type: 'struct', name: nameOf(message, options), fields }
  // Known before its fields are: they may be of this very message.
  named.set(message, schema)
  for (const oneof of message.oneofs) {
    const members = message.fields
      .filter((field) => field.oneof === oneof)
      .map((field) => ({ name: field.name, schema: fieldSchema(field, options, named) }))
    if (options['flatten.unions']) fields.push(...members)
    else fields.push({ name: unionField(message, oneof, options), schema: unionOf(message, oneof, members, options) })
  }
  for (const field of message.fields) {
    if (field.oneof === undefined) fields.push({ name: field.name, schema: fieldSchema(field, options, named) })
  }
  return schema
}

function unionOf(
  message: ProtoMessage,
  oneof: string,
  fields: readonly SchemaField[],
  options: ProtobufOptions,
): Schema {
  const name = options['enhanced.protobuf.schema.support'] ? `${message.fullName}.${oneof}` : oneof
  return { type: 'struct', name: `${unionPrefix}${name}`, fields, optional: true }
}

const nameOf = ({ name, fullName }: ProtoMessage | ProtoEnum, options: ProtobufOptions): string =>
  options['enhanced.protobuf.schema.support'] ? fullName : name

function fieldSchema(field: ProtoField, options: ProtobufOptions, named: Named): Schema {
  const base = valueSchema(field, options, named)
  const tag = { [parameters.tag]: String(field.number) }
  if (field.keys !== undefined) return mapOf(field, base, options)
  if (field.repeated) {
    return { type: 'array', values: { ...base, optional: true }, optional: true, parameters: tag }
  }
  const { kind } = field.type
  const optional =
    base.optional === true ||
    field.oneof !== undefined ||
    (options['optional.for.nullables'] ? field.optional : !options['wrapper.for.nullables'])
  const wrapper =
    field.oneof !== undefined && kind === 'message' && isUnwrapped(field.type.of, options)
      ? { [parameters.wrapper]: 'true' }
      : {}
  return { ...base, ...(optional && { optional }), parameters: { ...base.parameters, ...wrapper, ...tag } }
}

/** A map's keys and values are the fields 1 and 2 of its entries. */
function mapOf(field: ProtoField, values: Schema, options: ProtobufOptions): Schema {
  const nullable = !options['optional.for.nullables'] && !options['wrapper.for.nullables']
  const part = (schema: Schema, number: number): Schema => ({
    ...schema,
    ...(nullable && { optional: true }),
    parameters: { ...schema.parameters, [parameters.tag]: String(number) },
  })
  return {
    type: 'map',
    name: field.name,
    keys: part(scalarSchema(field.keys ?? 'string', {}), 1),
    values: part(values, 2),
    ...(nullable && { optional: true }),
    parameters: { [parameters.tag]: String(field.number) },
  }
}

function valueSchema(field: ProtoField, options: ProtobufOptions, named: Named): Schema {
  const { type } = field
  if (type.kind === 'scalar') return scalarSchema(type.scalar, field.params)
  if (type.kind === 'enum') return enumSchema(type.of, options)
  const known = wellKnownTypes[type.of.fullName]
  if (known) return { ...known.schema(field), optional: true }
  const primitive = isUnwrapped(type.of, options) ? wrappers[type.of.fullName] : undefined
  if (primitive) return { type: primitive, optional: true }
  return { ...structOf(type.of, options, named), optional: true }
}

function scalarSchema(scalar: ScalarType, params: Readonly<Record<string, string>>): Schema {
  const type = types[scalar]
  const small = params['connect.type']
  if (type === 'int32' && (small === 'int8' || small === 'int16')) return { type: small }
  const plain = type !== 'int32' && type !== 'int64' ? true : scalar === type
  return plain ? { type } : { type, parameters: { [parameters.type]: scalar } }
}

function enumSchema(of: ProtoEnum, options: ProtobufOptions): Schema {
  const symbols = of.values.map(([symbol, number]) => [`${parameters.enum}.${symbol}`, String(number)])
  return {
    type: options['int.for.enums'] ? 'int32' : 'string',
    name: nameOf(of, options),
    optional: true,
    parameters: { [parameters.enum]: of.name, ...Object.fromEntries(symbols) },
  }
}
