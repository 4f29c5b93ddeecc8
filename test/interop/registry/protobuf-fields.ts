import type { Schema } from '#api'

/** A struct that was read from Protobuf as `RegistryConverters.java` prints a message: fields by name, numbers as text, floats as their bits. */
export function protobufFields(schema: Schema, value: unknown): unknown {
  const struct = value as Readonly<Record<string, unknown>>
  const entries = (schema.fields ?? []).flatMap(({ name, schema: field }) => {
    const item = struct[name] ?? null
    if (!field.name?.startsWith('io.confluent.connect.protobuf.Union.')) return [[name, printed(field, item)] as const]
    return item === null
      ? []
      : Object.entries(protobufFields(field, item) as object).filter(([, each]) => each !== null)
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function printed(schema: Schema, value: unknown): unknown {
  if (value === null) return null
  if (schema.type === 'struct') return protobufFields(schema, value)
  if (schema.type === 'array') return (value as unknown[]).map((item) => printed(schema.values ?? schema, item))
  if (schema.type !== 'map') return text(schema, value)
  const entries = (Array.isArray(value) ? value : Object.entries(value as object)) as [unknown, unknown][]
  return entries.map(([key, item]) => ({
    key: printed(schema.keys ?? schema, key),
    value: printed(schema.values ?? schema, item),
  }))
}

function text({ type, parameters }: Schema, value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  const bits = Buffer.alloc(8)
  if (type === 'float32') {
    bits.writeFloatBE(Number(value))
    return Number.isNaN(value) ? '7fc00000' : bits.readUInt32BE().toString(16)
  }
  if (type === 'float64') {
    bits.writeDoubleBE(Number(value))
    return Number.isNaN(value) ? '7ff8000000000000' : bits.readBigUInt64BE().toString(16)
  }
  const isUnsigned32 = ['uint32', 'fixed32'].includes(parameters?.['io.confluent.connect.protobuf.Type'] ?? '')
  return String(isUnsigned32 ? Number(value) | 0 : value)
}

/** Java's print with its names in our order. */
export function sorted(fields: unknown): unknown {
  if (Array.isArray(fields)) return fields.map(sorted)
  if (typeof fields !== 'object' || fields === null) return fields
  return Object.fromEntries(
    Object.entries(fields)
      .map(([name, item]) => [name, sorted(item)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const scalars = [
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
]

const each = (line: (type: string, number: number) => string, from: number): string =>
  scalars.map((type, index) => `  ${line(type, from + index)}\n`).join('')

const keys = scalars.filter((type) => !['float', 'double', 'bytes'].includes(type))

/** Messages that have every type in every place where it may stand. */
export const protobufTexts: Readonly<Record<string, string>> = {
  'proto3 singular': `syntax = "proto3";\nmessage All {\n${each((type, number) => `${type} a${number} = ${number};`, 1)}}\n`,
  'proto3 optional': `syntax = "proto3";\nmessage All {\n${each((type, number) => `optional ${type} a${number} = ${number};`, 1)}}\n`,
  'proto3 repeated': `syntax = "proto3";\nmessage All {\n${each((type, number) => `repeated ${type} a${number} = ${number};`, 1)}}\n`,
  'proto3 not packed': `syntax = "proto3";\nmessage All {\n${each((type, number) => `repeated ${type} a${number} = ${number}${['string', 'bytes'].includes(type) ? '' : ' [packed = false]'};`, 1)}}\n`,
  'proto3 oneof': `syntax = "proto3";\nmessage All {\n  oneof first {\n${each((type, number) => `${type} a${number} = ${number};`, 1)}  }\n  oneof second { All all = 30; E e = 31; }\n  enum E { ZERO = 0; ONE = 1; MINUS = -1; }\n}\n`,
  'proto3 maps': `syntax = "proto3";\nmessage All {\n${keys.map((type, index) => `  map<${type}, ${scalars[index + 3] ?? 'string'}> m${index} = ${index + 1};\n`).join('')}  map<string, All> nested = 40;\n}\n`,
  'proto3 nested': `syntax = "proto3";\nmessage All {\n  message In { In next = 1; repeated All all = 2; int64 id = 3; enum E { A = 0; B = 5; } E e = 4; repeated E es = 5; optional E oe = 6; }\n  In in = 1;\n  All self = 15000;\n}\n`,
  'proto2 optional': `syntax = "proto2";\nmessage All {\n${each((type, number) => `optional ${type} a${number} = ${number};`, 1)}  repeated int32 packed = 40 [packed = true];\n  repeated sint64 loose = 41;\n  optional All self = 42;\n}\n`,
}
