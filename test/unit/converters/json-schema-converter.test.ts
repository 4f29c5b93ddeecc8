import { afterAll, expect, onTestFinished, test } from 'vitest'
import { type Converter, DataError, fromJson, logicalNames, type Schema } from '#api'
import { jsonSchemaConverter } from '../../../src/converters/json-schema-converter.ts'
import { testConverter } from '../../conformance/converter.ts'
import { samples } from '../../support/avro-samples.ts'
import { startFakeRegistry } from '../../support/fake-registry.ts'
import { quietLog } from '../../support/quiet.ts'

const shared = await startFakeRegistry((stop) => afterAll(stop))

function create(url: string, props: Record<string, string> = {}, isKey = false): Converter {
  const config = jsonSchemaConverter.config.parse({ 'schema.registry.url': url, 'max.retries': '0', ...props })
  const converter = jsonSchemaConverter.create({ config, isKey, log: quietLog })
  onTestFinished(() => converter.close?.())
  return converter
}

testConverter({
  plugin: jsonSchemaConverter,
  topic: 'conformance',
  create: (side) => create(shared.url, {}, side === 'key'),
  samples,
  malformed: ['', '00', '00000000', '0100000001', '0000000000', '00ffffffff', '00000000017b'].map((hex) =>
    Buffer.from(hex, 'hex'),
  ),
  refused: [{ value: { a: 1 } }, { schema: { type: 'int32' }, value: 'x' }, { schema: { type: 'array' }, value: [] }],
})

async function setUp(props: Record<string, string> = {}) {
  const fake = await startFakeRegistry()
  const add = (subject: string, schema: object, references: readonly object[] = []) =>
    fake.add(
      subject,
      { $schema: 'http://json-schema.org/draft-07/schema#', ...schema },
      { schemaType: 'JSON', references },
    )
  return { fake, add, converter: create(fake.url, props) }
}

function wire(id: number, json: string): Buffer {
  const header = Buffer.alloc(5)
  header.writeInt32BE(id, 1)
  return Buffer.concat([header, Buffer.from(json)])
}

const text = { type: 'string' }

test.each<[string, object, string, object, unknown]>([
  ['integer', { type: 'integer' }, '9007199254740993', { type: 'int64' }, 9007199254740993n],
  ['number', { type: 'number' }, '1.5', { type: 'float64' }, 1.5],
  ['a small integer', { type: 'integer', 'connect.type': 'int8' }, '300', { type: 'int8' }, 44],
  ['bytes', { type: 'string', 'connect.type': 'bytes' }, '"AP8="', { type: 'bytes' }, Buffer.from([0, 255])],
  ['null and another', { type: ['string', 'null'] }, 'null', { type: 'string', optional: true }, null],
  ['oneOf null', { oneOf: [{ type: 'null' }, text] }, '"x"', { type: 'string', optional: true }, 'x'],
  [
    'allOf',
    { allOf: [{ properties: { a: text } }, { properties: { b: text } }] },
    '{"a":"1","b":"2"}',
    {},
    { a: '1', b: '2' },
  ],
  [
    'a title and its index',
    {
      type: 'object',
      title: 'T',
      properties: { b: { ...text, 'connect.index': 1 }, a: { ...text, 'connect.index': 0 } },
    },
    '{"b":"1","other":2}',
    { name: 'T', fields: [{ name: 'a' }, { name: 'b' }] },
    { a: null, b: '1' },
  ],
  [
    'an enum',
    { type: 'string', enum: ['A', 'B'] },
    '"B"',
    { type: 'string', parameters: { 'io.confluent.connect.json.Enum': '', 'io.confluent.connect.json.Enum.A': 'A' } },
    'B',
  ],
  [
    'a union',
    {
      oneOf: [
        { type: 'integer' },
        { type: 'object', properties: { a: text } },
        { type: 'object', properties: { b: text } },
      ],
    },
    '{"b":"x"}',
    { name: 'io.confluent.connect.json.OneOf' },
    { 'io.confluent.connect.json.OneOf.field.2': { b: 'x' } },
  ],
  [
    'a decimal as a number',
    { type: 'number', title: logicalNames.decimal, 'connect.type': 'bytes', 'connect.parameters': { scale: '3' } },
    '12345678901234567890.125',
    { type: 'bytes', name: logicalNames.decimal },
    '12345678901234567890.125',
  ],
  ['a default', { type: 'object', properties: { a: { type: 'integer', default: 7 } } }, '{}', {}, { a: 7 }],
  ['anything', { type: 'object', properties: { a: {} } }, '{"a":{"b":[1]}}', {}, { a: '{"b":[1]}' }],
  [
    'a map',
    { type: 'object', 'connect.type': 'map', additionalProperties: text },
    '{"__proto__":"x"}',
    { type: 'map' },
    JSON.parse('{"__proto__":"x"}'),
  ],
])('%s is read as Confluent reads it', async (_title, schema, json, expected, value) => {
  const { add, converter } = await setUp()
  const read = await converter.toConnectData('t', wire(add('t-value', schema), json))
  expect(read.schema).toMatchObject(expected)
  expect(read.value).toEqual(value)
})

test('the schema that is registered is the one that Confluent would make', async () => {
  const { fake, converter } = await setUp()
  const schema: Schema = {
    type: 'struct',
    name: 'T',
    fields: [
      { name: 'a', schema: { type: 'int16', optional: true } },
      { name: 'm', schema: { type: 'map', keys: { type: 'int32' }, values: { type: 'boolean' } } },
      { name: 't', schema: { type: 'int64', name: logicalNames.timestamp, version: 1 } },
    ],
  }
  const bytes = await converter.fromConnectData('t', schema, { a: null, m: [[1, true]], t: 5 })
  expect(bytes?.toString('utf8', 5)).toBe('{"a":null,"m":[{"key":1,"value":true}],"t":5}')
  const registered = (await (await fetch(`${fake.url}/schemas/ids/1`)).json()) as { schema: string; schemaType: string }
  expect(registered.schemaType).toBe('JSON')
  expect(JSON.parse(registered.schema)).toEqual({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    title: 'T',
    properties: {
      a: { oneOf: [{ type: 'null' }, { type: 'integer', 'connect.type': 'int16' }], 'connect.index': 0 },
      m: {
        type: 'array',
        'connect.type': 'map',
        'connect.index': 1,
        items: {
          type: 'object',
          properties: {
            key: { type: 'integer', 'connect.type': 'int32', 'connect.index': 0 },
            value: { type: 'boolean', 'connect.index': 1 },
          },
        },
      },
      t: {
        type: 'integer',
        title: logicalNames.timestamp,
        'connect.type': 'int64',
        'connect.version': 1,
        'connect.index': 2,
      },
    },
  })
})

test('references are followed into other documents, theirs included, and back', async () => {
  const { add, converter } = await setUp({ 'use.latest.version': 'true' })
  add('town', {
    $id: 'http://test/town.json',
    type: 'object',
    properties: { name: { $ref: '#/definitions/name' } },
    definitions: { name: text },
  })
  add('address', { type: 'object', properties: { town: { $ref: 'town.json' } } }, [
    { name: 'town.json', subject: 'town', version: 1 },
  ])
  add(
    't-value',
    {
      type: 'object',
      properties: { home: { $ref: 'address.json' }, code: { $ref: '#/definitions/code' } },
      definitions: { code: { type: 'integer' } },
    },
    [{ name: 'address.json', subject: 'address', version: 1 }],
  )
  const value = { home: { town: { name: 'x' } }, code: 1 }
  const bytes = await converter.fromConnectData('t', undefined, value)
  expect((await converter.toConnectData('t', bytes)).value).toEqual(value)
  expect(() => converter.fromConnectData('t', undefined, { home: { town: { name: 1 } } })).toThrow(
    '/home/town/name must be string',
  )
})

test('a schema that contains itself is read, and written elsewhere', async () => {
  const { add, converter } = await setUp()
  const id = add('t-value', {
    type: 'object',
    title: 'Node',
    properties: { name: text, next: { oneOf: [{ type: 'null' }, { $ref: '#' }] } },
  })
  const { schema, value } = await converter.toConnectData('t', wire(id, '{"name":"a","next":{"name":"b","next":null}}'))
  expect(value).toEqual({ name: 'a', next: { name: 'b', next: null } })
  const copy = { ...schema } as Schema
  const bytes = await converter.fromConnectData('u', copy, value)
  expect(bytes?.readInt32BE(1)).toBe(2)
  expect((await converter.toConnectData('u', bytes)).value).toEqual(value)
})

test('a reference to nothing is told', async () => {
  const { add, converter } = await setUp()
  const id = add('t-value', { type: 'object', properties: { a: { $ref: 'none.json' } } })
  await expect(converter.toConnectData('t', wire(id, '{}'))).rejects.toThrow('refers to none.json')
  const round = add('r-value', { $ref: '#' })
  await expect(converter.toConnectData('r', wire(round, '{}'))).rejects.toThrow('refers to itself')
})

test('with json.fail.invalid.schema data is held to its schema, read and written', async () => {
  const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 5 } }, required: ['a'] }
  const lenient = await setUp()
  const id = lenient.add('t-value', schema)
  expect((await lenient.converter.toConnectData('t', wire(id, '{"a":1}'))).value).toEqual({ a: 1 })
  const strict = create(lenient.fake.url, { 'json.fail.invalid.schema': 'true' })
  await expect(strict.toConnectData('t', wire(id, '{"a":1}'))).rejects.toThrow('/a must be >= 5')
  expect((await strict.toConnectData('t', wire(id, '{"a":5}'))).value).toEqual({ a: 5 })
  const read = await strict.schemaFor?.('t')
  expect(() => strict.fromConnectData('t', read, { a: 1 })).toThrow('/a must be >= 5')
})

test('data from outside is held to the newest schema and written with its id', async () => {
  const { add, converter } = await setUp()
  const id = add('t-value', { type: 'object', properties: { a: { type: 'integer' } } })
  const schema = (await converter.schemaFor?.('t')) as Schema
  const value = fromJson(schema, { a: '9007199254740993' })
  expect(converter.fromConnectData('t', schema, value)).toEqual(wire(id, '{"a":9007199254740993}'))
})

test('what is malformed is told with its topic and id', async () => {
  const { add, converter } = await setUp()
  const id = add('t-value', { type: 'object', properties: { a: text } })
  await converter.toConnectData('t', wire(id, '{}'))
  expect(() => converter.toConnectData('t', wire(id, '{"a":'))).toThrow(/topic t with the schema id 1 is malformed/)
  expect(() => converter.toConnectData('t', wire(id, '{"a":1}'))).toThrow(DataError)
  expect(() => converter.toConnectData('t', wire(id, '{"a":1}'))).toThrow('has 1 where its schema has the type string')
})

test.each([
  ['TopicNameStrategy', 't-value'],
  ['RecordNameStrategy', 'T'],
  ['TopicRecordNameStrategy', 't-T'],
])('with %s the subject is %s', async (strategy, subject) => {
  const { fake } = await setUp()
  const converter = create(fake.url, { 'value.subject.name.strategy': strategy })
  await converter.fromConnectData('t', { type: 'struct', name: 'T', fields: [] }, {})
  expect(fake.requests).toContain(`POST /subjects/${subject}/versions`)
})
