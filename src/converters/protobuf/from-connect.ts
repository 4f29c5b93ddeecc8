import { DataError, logicalNames, type Schema } from '#api'
import type { ProtobufOptions } from './config.ts'
import { files, parameters, toName, unionPrefix, wellKnown, wrappers } from './names.ts'

interface Context {
  readonly options: ProtobufOptions
  readonly imports: Set<string>
  /** The fields of the messages around, with their names. */
  readonly open: readonly { readonly of: unknown; readonly name: string }[]
  unnamed: number
}

/** Where the definitions that a field needs are put: in the message around it. */
interface Body {
  readonly lines: string[]
  readonly defined: Map<string, unknown>
}

/** The `.proto` text for a Connect schema that was made elsewhere, as Confluent's converter makes it. */
export function toProto(schema: Schema, options: ProtobufOptions): string {
  if (schema.type !== 'struct') return wrapperText(schema)
  const context: Context = { options, imports: new Set(), open: [], unnamed: 0 }
  const parts = (schema.name ?? defaultName(context))
    .split('.')
    .map((each) => toName(each, options['scrub.invalid.names']))
  const name = parts.pop() ?? ''
  const message = messageText(schema, name, context)
  return [
    'syntax = "proto3";',
    ...(parts.length > 0 ? [`package ${parts.join('.')};`] : []),
    ...[...context.imports].toSorted().map((file) => `import "${file}";`),
    ...message,
    '',
  ].join('\n')
}

function wrapperText(schema: Schema): string {
  const primitive = schema.type === 'int8' || schema.type === 'int16' ? 'int32' : schema.type
  const wrapper = Object.entries(wrappers).find(([, type]) => type === primitive)?.[0]
  if (wrapper === undefined) throw new DataError(`Protobuf needs a message around a schema of type ${schema.type}.`)
  const name = wrapper.slice(wrapper.lastIndexOf('.') + 1)
  const text = `syntax = "proto3";\npackage google.protobuf;\nmessage ${name} {\n  ${scalarOf({ type: primitive })} value = 1;\n}\n`
  return text
}

const defaultName = (context: Context): string => `ConnectDefault${++context.unnamed}`

function messageText(schema: Schema, name: string, outer: Context): string[] {
  const context = { ...outer, open: [...outer.open, { of: schema.fields, name }] }
  const body: Body = { lines: [], defined: new Map() }
  const members = membersOf(schema)
  const number = numbersOf(members)
  for (const { name: field, schema: given } of schema.fields ?? []) {
    const union = unionOf(given)
    const lines =
      union === undefined
        ? fieldText(field, given, number(given), context, body, false)
        : [
            `oneof ${toName(union, context.options['scrub.invalid.names'])} {`,
            ...(given.fields ?? []).flatMap((each) =>
              fieldText(each.name, each.schema, number(each.schema), context, body, true).map(indented),
            ),
            '}',
          ]
    body.lines.push(...lines)
  }
  outer.unnamed = context.unnamed
  return [`message ${name} {`, ...body.lines.map(indented), '}']
}

const indented = (line: string): string => `  ${line}`

const unionOf = ({ name }: Schema): string | undefined =>
  name?.startsWith(unionPrefix) ? name.slice(name.lastIndexOf('.') + 1) : undefined

const membersOf = ({ fields = [] }: Schema): readonly Schema[] =>
  fields.flatMap(({ schema }) =>
    unionOf(schema) === undefined ? [schema] : (schema.fields ?? []).map((f) => f.schema),
  )

/** The number that a field came with, else the next that is free. */
function numbersOf(members: readonly Schema[]): (schema: Schema) => number {
  const tagOf = (schema: Schema) => Number(schema.parameters?.[parameters.tag] ?? 0)
  const taken = new Set(members.map(tagOf))
  let next = 0
  return (schema) => {
    if (tagOf(schema) > 0) return tagOf(schema)
    // 19000 to 19999 are Protobuf's own.
    do next = next === 18_999 ? 20_000 : next + 1
    while (taken.has(next))
    return next
  }
}

function fieldText(
  field: string,
  schema: Schema,
  number: number,
  context: Context,
  body: Body,
  isMember: boolean,
): string[] {
  const name = toName(field, context.options['scrub.invalid.names'])
  const params: Record<string, string> = {}
  const type = labelled(schema, name, context, body, params, isMember)
  return [`${type} ${name} = ${number}${metaText(params, context)};`]
}

function metaText(params: Readonly<Record<string, string>>, { imports }: Context): string {
  const entries = Object.entries(params)
  if (entries.length === 0) return ''
  imports.add('confluent/meta.proto')
  const list = entries.map(([key, value]) => `{ key: ${JSON.stringify(key)}, value: ${JSON.stringify(value)} }`)
  return ` [(confluent.field_meta) = { params: [${list.join(', ')}] }]`
}

function labelled(
  schema: Schema,
  field: string,
  context: Context,
  body: Body,
  params: Record<string, string>,
  isMember: boolean,
): string {
  if (schema.type === 'array') {
    return `repeated ${single(part(schema.values, field), field, context, body, params, true)}`
  }
  if (schema.type === 'map') {
    const keys = single(part(schema.keys, field), field, context, body, {}, true)
    if (!/^(?:s?u?int|s?fixed)(?:32|64)$|^bool$|^string$/.test(keys)) {
      throw new DataError(
        `The map ${field} has keys of type ${keys}, and Protobuf's are integers, booleans or strings.`,
      )
    }
    return `map<${keys}, ${single(part(schema.values, field), field, context, body, params, true)}>`
  }
  const type = single(schema, field, context, body, params, isMember)
  return context.options['optional.for.nullables'] && schema.optional && !isMember ? `optional ${type}` : type
}

function part(schema: Schema | undefined, field: string): Schema {
  if (schema && schema.type !== 'array' && schema.type !== 'map') return schema
  throw new DataError(
    `The field ${field} holds ${schema ? 'lists or maps' : 'what its schema does not say'}, and Protobuf has no such type.`,
  )
}

const logical: Readonly<Record<string, string>> = {
  [logicalNames.decimal]: wellKnown.decimal,
  [logicalNames.date]: wellKnown.date,
  [logicalNames.time]: wellKnown.time,
  [logicalNames.timestamp]: wellKnown.timestamp,
}

function single(
  schema: Schema,
  field: string,
  context: Context,
  body: Body,
  params: Record<string, string>,
  isMember: boolean,
): string {
  const known = logical[schema.name ?? '']
  if (known !== undefined) {
    // With a point before it: a package `test.google` would take `google.type.Date` for its own.
    context.imports.add(files[known] ?? '')
    const { [parameters.precision]: precision, [parameters.scale]: scale } = schema.parameters ?? {}
    if (known === wellKnown.decimal && precision !== undefined) params['precision'] = precision
    if (known === wellKnown.decimal && scale !== undefined) params['scale'] = scale
    return `.${known}`
  }
  if (schema.parameters?.[parameters.enum] !== undefined) return enumType(schema, context, body)
  if (schema.type === 'struct') return structType(schema, field, context, body)
  if (schema.type === 'int8' || schema.type === 'int16') params['connect.type'] = schema.type
  const wrapped =
    context.options['wrapper.for.nullables'] &&
    schema.optional &&
    (!isMember || schema.parameters?.[parameters.wrapper] === 'true')
  if (!wrapped) return scalarOf(schema)
  context.imports.add('google/protobuf/wrappers.proto')
  const scalar = scalarOf(schema)
  return `.${wrapperNames[scalar] ?? 'google.protobuf.Int64Value'}`
}

const wrapperNames: Readonly<Record<string, string>> = {
  double: 'google.protobuf.DoubleValue',
  float: 'google.protobuf.FloatValue',
  int32: 'google.protobuf.Int32Value',
  uint32: 'google.protobuf.UInt32Value',
  fixed32: 'google.protobuf.UInt32Value',
  uint64: 'google.protobuf.UInt64Value',
  fixed64: 'google.protobuf.UInt64Value',
  bool: 'google.protobuf.BoolValue',
  string: 'google.protobuf.StringValue',
  bytes: 'google.protobuf.BytesValue',
}

const integers = new Set(['sint32', 'sfixed32', 'uint32', 'fixed32', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

function scalarOf({ type, parameters: facts }: Schema): string {
  const own = facts?.[parameters.type]
  if (own !== undefined && integers.has(own) && (type === 'int32' || type === 'int64')) return own
  if (type === 'int8' || type === 'int16') return 'int32'
  if (type === 'float32') return 'float'
  if (type === 'float64') return 'double'
  return type === 'boolean' ? 'bool' : type
}

function enumType(schema: Schema, { options }: Context, body: Body): string {
  const facts = schema.parameters ?? {}
  const name = toName((facts[parameters.enum] || schema.name) ?? '', options['scrub.invalid.names'])
  const prefix = `${parameters.enum}.`
  const symbols = Object.entries(facts).flatMap(([key, number]) =>
    key.startsWith(prefix) ? [`  ${key.slice(prefix.length)} = ${Number(number)};`] : [],
  )
  if (body.defined.has(name)) return name
  body.defined.set(name, facts)
  const isTwice = new Set(symbols.map((line) => line.slice(line.indexOf('=')))).size < symbols.length
  body.lines.push(`enum ${name} {`, ...(isTwice ? ['  option allow_alias = true;'] : []), ...symbols, '}')
  return name
}

function structType(schema: Schema, field: string, context: Context, body: Body): string {
  const around = context.open.find(({ of }) => of === schema.fields)
  if (around) return around.name
  const full = schema.name ?? defaultName(context)
  let name = toName(full.slice(full.lastIndexOf('.') + 1), context.options['scrub.invalid.names'])
  // A type and a field of one message cannot have one name.
  if (name === field) name = `${name}Message`
  const taken = (each: string) => body.defined.has(each) && body.defined.get(each) !== schema.fields
  for (let next = 2; taken(name); next++) name = `${name.replace(/_\d+$/, '')}_${next}`
  if (!body.defined.has(name)) {
    body.defined.set(name, schema.fields)
    body.lines.push(...messageText(schema, name, context))
  }
  return name
}
