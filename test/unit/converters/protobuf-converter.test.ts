import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type Converter, type Schema, SchemaMismatchError } from '#api'
import { protobufConverter } from '../../../src/converters/protobuf-converter.ts'
import { testConverter } from '../../conformance/converter.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'
import { protobufSamples } from '../../support/protobuf-samples.ts'
import { quietLog } from '../../support/quiet.ts'

const shared = await startFakeRegistry((stop) => afterAll(stop))

function create(url: string, props: Record<string, string> = {}, isKey = false): Converter {
  const config = protobufConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = protobufConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

testConverter({
  plugin: protobufConverter,
  topic: 'conformance',
  create: (side) => create(shared.url, {}, side === 'key'),
  samples: protobufSamples,
  malformed: ['', '00', '00000000', '0100000001', '0000000000', '00ffffffff', '000000000100ff'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
  refused: [
    { value: { a: 1 } },
    { schema: { type: 'struct', name: 'R', fields: [{ name: 'a', schema: { type: 'int32' } }] }, value: { a: 'x' } },
    {
      schema: { type: 'struct', name: 'S', fields: [{ name: 'a', schema: { type: 'int64' } }] },
      value: { a: 2n ** 63n },
    },
    { schema: { type: 'struct', name: 'T', fields: [{ name: 'not a name', schema: { type: 'int32' } }] }, value: {} },
    { schema: { type: 'array', values: { type: 'string' } }, value: [] },
    {
      schema: {
        type: 'struct',
        name: 'U',
        fields: [{ name: 'a', schema: { type: 'array', values: { type: 'string' } } }],
      },
      value: { a: [null] },
    },
  ],
})

async function setUp(props: Record<string, string> = {}) {
  const fake = await startFakeRegistry()
  const add = (subject: string, schema: string, references: readonly object[] = []) =>
    fake.add(subject, schema, { schemaType: 'PROTOBUF', references })
  return { fake, add, converter: create(fake.url, props) }
}

const wire = (id: number, hex: string): Buffer => {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, Buffer.from(hex.replaceAll(' ', ''), 'hex')])
}

const orders = `syntax = "proto3"; package shop;
message Customer { string name = 1; message Address { string town = 1; message Deep { int32 n = 1; } } }
message Order { int64 id = 1; optional string note = 2; Customer customer = 3; oneof pay { string card = 4; bool cash = 5; }
  enum State { NEW = 0; PAID = 1; } State state = 6; repeated sint32 numbers = 7; map<string, uint32> counts = 8; }`

test.each([
  ['00 0a0161', 'Customer', { name: 'a' }],
  ['0200 0a0161', 'Customer', { name: 'a' }],
  ['040000 0a0162', 'Address', { town: 'b' }],
  ['06000000 0807', 'Deep', { n: 7 }],
])('the indexes before the payload choose the message: %s', async (hex, name, value) => {
  const { add, converter } = await setUp()
  expect(await converter.toConnectData('t', wire(add('t-value', orders), hex))).toMatchObject({
    schema: { name },
    value,
  })
})

test('a nested message that was read is written with its indexes again', async () => {
  const { add, converter } = await setUp()
  const bytes = wire(add('t-value', orders), '06000000 0807')
  const { schema, value } = await converter.toConnectData('t', bytes)
  expect(await converter.fromConnectData('t', schema, value)).toEqual(bytes)
})

test('indexes of no message are told', async () => {
  const { add, converter } = await setUp()
  await expect(converter.toConnectData('t', wire(add('t-value', orders), '0212'))).rejects.toThrow('[9]')
})

test('what is absent is null or zero, as the text says', async () => {
  const { add, converter } = await setUp()
  expect((await converter.toConnectData('t', wire(add('t-value', orders), '0202'))).value).toEqual({
    pay_0: null,
    id: 0,
    note: null,
    customer: null,
    state: 'NEW',
    numbers: [],
    counts: {},
  })
})

test('lists packed and not, unknown fields, unknown symbols and messages in parts are read', async () => {
  const { add, converter } = await setUp()
  const parts = [
    '0202',
    '3a0203 04'.replace(' ', ''),
    '3806',
    '9a0603 616263',
    '3009',
    '1a03 0a0161',
    '1a03 0a0162',
    '2801',
  ]
  const { value } = await converter.toConnectData('t', wire(add('t-value', orders), parts.join('')))
  expect(value).toMatchObject({
    numbers: [-2, 2, 3],
    state: 'UNKNOWN_ENUM_VALUE_State_9',
    customer: { name: 'b' },
    pay_0: { cash: true },
  })
})

test('an id that no number holds keeps its digits', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('t-value', 'syntax = "proto3"; message A { int64 a = 1; uint64 b = 2; fixed64 c = 3; sint64 d = 4; }')
  const value = { a: 2n ** 63n - 1n, b: -1, c: 9007199254740993n, d: -(2n ** 63n) }
  const bytes = await converter.fromConnectData('t', undefined, value)
  expect((await converter.toConnectData('t', bytes)).value).toEqual(value)
})

test('imports are resolved through the references, theirs included', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('inner', 'syntax = "proto3"; package a; message Inner { string x = 1; }')
  add('middle', 'syntax = "proto3"; package a; import "inner.proto"; message Middle { Inner i = 1; }', [
    { name: 'inner.proto', subject: 'inner', version: 1 },
  ])
  add('t-value', 'syntax = "proto3"; package b; import "middle.proto"; message Outer { a.Middle m = 1; }', [
    { name: 'middle.proto', subject: 'middle', version: 1 },
  ])
  const bytes = await converter.fromConnectData('t', undefined, { m: { i: { x: 'deep' } } })
  expect(bytes?.subarray(5).toString('hex')).toBe('000a080a060a0464656570')
  expect((await converter.toConnectData('t', bytes)).value).toEqual({ m: { i: { x: 'deep' } } })
})

test('a message that contains itself is read and written', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('t-value', 'syntax = "proto3"; message Node { string name = 1; Node next = 2; }')
  const value = { name: 'a', next: { name: 'b', next: null } }
  expect((await converter.toConnectData('t', await converter.fromConnectData('t', undefined, value))).value).toEqual(
    value,
  )
})

const nestedNodes = (depth: number): string => {
  let bytes: number[] = []
  for (let each = 1; each < depth; each++) {
    const size = bytes.length > 127 ? [(bytes.length & 127) | 128, bytes.length >> 7] : [bytes.length]
    bytes = [0x12, ...size, ...bytes]
  }
  return Buffer.from(bytes).toString('hex')
}

test('a message nested deeper than a hundred is refused, as in Java', async () => {
  const { add, converter } = await setUp()
  const id = add('t-value', 'syntax = "proto3"; message Node { string name = 1; Node next = 2; }')
  await converter.toConnectData('t', wire(id, `00${nestedNodes(100)}`))
  expect(() => converter.toConnectData('t', wire(id, `00${nestedNodes(101)}`))).toThrow('is nested deeper than 100')
})

test('a value that does not fit names its field, topic and id', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('t-value', 'syntax = "proto3"; message A { B b = 1; message B { int32 n = 1; } }')
  const error = await Promise.resolve(converter.fromConnectData('t', undefined, { b: { n: 'x' } })).catch(
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(SchemaMismatchError)
  expect((error as SchemaMismatchError).context).toMatchObject({ field: 'b.n', topic: 't', schemaId: 1 })
  expect(() => converter.fromConnectData('t', undefined, { c: 1 })).toThrow('The field c is not in the message A')
})

test.each([
  [{ 'int.for.enums': 'true' }, { state: 1 }],
  [{ 'generate.index.for.unions': 'false' }, { pay: { cash: true } }],
  [{ 'flatten.unions': 'true' }, { cash: true, card: null }],
  [{ 'generate.struct.for.nulls': 'true' }, { customer: { name: '' } }],
  [{ 'enhanced.protobuf.schema.support': 'true' }, {}],
])('%o', async (props: Record<string, string>, expected) => {
  const { add, converter } = await setUp(props)
  const bytes = wire(add('t-value', orders), '0202 2801 3001')
  const { schema, value } = await converter.toConnectData('t', bytes)
  expect(value).toMatchObject(expected)
  expect(schema?.name).toBe('enhanced.protobuf.schema.support' in props ? 'shop.Order' : 'Order')
  expect(await converter.fromConnectData('t', schema, value)).toEqual(
    'generate.struct.for.nulls' in props ? wire(1, '0202 1a00 2801 3001') : bytes,
  )
})

const nullable: Schema = {
  type: 'struct',
  name: 'N',
  fields: ['string', 'int32', 'boolean'].map((type) => ({
    name: type,
    schema: { type: type as 'string', optional: true },
  })),
}

test.each([
  [{}, { string: '', int32: 0, boolean: false }],
  [{ 'optional.for.nullables': 'true' }, { string: null, int32: null, boolean: null }],
  [{ 'wrapper.for.nullables': 'true' }, { string: null, int32: null, boolean: null }],
])('null with %o is read as %o', async (props: Record<string, string>, expected) => {
  const { converter } = await setUp(props)
  const nothing = await converter.fromConnectData('t', nullable, { string: null, int32: null, boolean: null })
  expect((await converter.toConnectData('t', nothing)).value).toEqual(expected)
  const zeros = { string: '', int32: 0, boolean: false }
  expect((await converter.toConnectData('t', await converter.fromConnectData('t', nullable, zeros))).value).toEqual(
    zeros,
  )
})

test('invalid names are changed with scrub.invalid.names, and read as they were changed', async () => {
  const { converter } = await setUp({ 'scrub.invalid.names': 'true' })
  const schema: Schema = { type: 'struct', name: 'a-b.C d', fields: [{ name: 'x y', schema: { type: 'string' } }] }
  const bytes = await converter.fromConnectData('t', schema, { 'x y': 'v' })
  expect(await converter.toConnectData('t', bytes)).toMatchObject({ schema: { name: 'C_d' }, value: { x_y: 'v' } })
})

test('old data is read as the newest version', async () => {
  const { add, converter } = await setUp({ 'read.schema.version': '2' })
  const id = add('t-value', 'syntax = "proto3"; message A { string a = 1; string gone = 2; }')
  add('t-value', 'syntax = "proto3"; message A { string a = 1; int32 more = 3; }')
  expect((await converter.toConnectData('t', wire(id, '00 0a0161 120162'))).value).toEqual({ a: 'a', more: 0 })
})

test('messages of every size are written whole', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('t-value', 'syntax = "proto3"; message A { repeated uint32 a = 1; map<string, uint64> m = 2; }')
  for (let size = 0; size < 300; size += 7) {
    const value = {
      a: Array.from({ length: size }, (_, index) => index * 997),
      m: Object.fromEntries(Array.from({ length: size % 50 }, (_, index) => [`k${index}`, 300 + index])),
    }
    const bytes = await converter.fromConnectData('t', undefined, value)
    expect((await converter.toConnectData('t', bytes)).value).toEqual(value)
  }
})
