import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DataError, logicalNames, type Schema, type SchemaAndValue } from '#api'
import { jsonConverter } from '../../../src/converters/json-converter.ts'
import { testConverter } from '../../conformance/converter.ts'
import { samples } from '../../support/avro-samples.ts'
import { quietLog } from '../../support/quiet.ts'

const create = (props: Record<string, string> = {}) =>
  jsonConverter.create({ config: jsonConverter.config.parse(props), isKey: false, log: quietLog })
const plain = create({ 'schemas.enable': 'false' })
const read = (text: string, converter = plain) => converter.toConnectData('t', Buffer.from(text)) as SchemaAndValue
const write = (schema: Schema | undefined, value: unknown, converter = plain) =>
  (converter.fromConnectData('t', schema, value) as Buffer).toString()

testConverter({
  plugin: jsonConverter,
  topic: 't',
  create: () => create(),
  samples: [...samples, { title: 'an object without a schema', schema: undefined, value: { a: [1, null, 2n ** 60n] } }],
  malformed: ['', 'null', '[]', '5', '{', '{"schema":null}', '{"schema":null,"payload":1,"more":2}', '{"a":1}'].map(
    (text) => Buffer.from(text),
  ),
  refused: [
    { schema: { type: 'int32' }, value: 'x' },
    { schema: { type: 'int32' }, value: 1.5 },
    { schema: { type: 'string' }, value: null },
    { schema: { type: 'array', values: { type: 'int32' } }, value: {} },
    { value: () => 1 },
  ],
})

test('the envelope is Java’s, member by member', () => {
  const schema: Schema = {
    type: 'struct',
    name: 'n',
    version: 2,
    optional: true,
    fields: [
      { name: 'id', schema: { type: 'int64', default: 7 } },
      { name: 'tags', schema: { type: 'array', values: { type: 'string' }, doc: 'Words.' } },
      { name: 'map', schema: { type: 'map', keys: { type: 'int8' }, values: { type: 'float32', optional: true } } },
      { name: 'ratio', schema: { type: 'float64', parameters: { a: 'b' } } },
    ],
  }
  const value = { tags: ['x'], map: [[1, null]], ratio: Number.NaN }
  expect(write(schema, value, create())).toBe(
    '{"schema":{"type":"struct","fields":[' +
      '{"type":"int64","optional":false,"default":7,"field":"id"},' +
      '{"type":"array","items":{"type":"string","optional":false},"optional":false,"doc":"Words.","field":"tags"},' +
      '{"type":"map","keys":{"type":"int8","optional":false},"values":{"type":"float","optional":true},"optional":false,"field":"map"},' +
      '{"type":"double","optional":false,"parameters":{"a":"b"},"field":"ratio"}' +
      '],"optional":true,"name":"n","version":2},"payload":{"id":7,"tags":["x"],"map":[[1,null]],"ratio":"NaN"}}',
  )
})

test('a schema is read as it was written, the same object for the same text', () => {
  const converter = create()
  for (const { schema, value } of samples) {
    const text = write(schema, value, converter)
    const first = read(text, converter)
    expect(write(first.schema, first.value, create())).toBe(text)
    expect(read(text, converter).schema).toBe(first.schema)
  }
})

test('integers of any size keep their digits, unquoted', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 64n), 2n ** 64n), (integer) => {
      const { value } = read(`{"a":${integer},"text":"${integer}"}`)
      expect(value).toEqual({
        a: Number.isSafeInteger(Number(integer)) ? Number(integer) : integer,
        text: String(integer),
      })
      expect(write(undefined, value)).toBe(`{"a":${integer},"text":"${integer}"}`)
    }),
  )
})

test('any JSON is the same JSON after reading and writing', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(write(undefined, { of: read(text).value }))).toEqual({ of: JSON.parse(text) as unknown })
    }),
  )
})

test('a decimal is base64 or a number, by decimal.format, and read from both without losing a digit', () => {
  const schema: Schema = { type: 'bytes', name: logicalNames.decimal, version: 1, parameters: { scale: '4' } }
  const value = '-12345678901234567890.0625'
  const numeric = create({ 'decimal.format': 'NUMERIC' })
  const texts = [write(schema, value, create()), write(schema, value, numeric)]
  expect(texts[0]).toMatch(/"payload":"[A-Za-z0-9+/=]+"\}$/)
  expect(texts[1]).toMatch(/"payload":-12345678901234567890\.0625\}$/)
  for (const text of texts) for (const converter of [create(), numeric]) expect(read(text, converter).value).toBe(value)
  expect(read(texts[1]?.replace(/-123.*\}/, '1.25e3}') ?? '', numeric).value).toBe('1250.0000')
})

test('null is the default of a field that has one, unless that is switched off', () => {
  const schema: Schema = {
    type: 'struct',
    fields: [{ name: 'a', schema: { type: 'int32', default: 7, optional: true } }],
  }
  const kept = create({ 'schemas.enable': 'false', 'replace.null.with.default': 'false' })
  expect(write(schema, { a: null })).toBe('{"a":7}')
  expect(write(schema, { a: null }, kept)).toBe('{"a":null}')
})

test.each([
  ['{"schema":{"type":"int8","optional":false},"payload":300}', 44],
  ['{"schema":{"type":"string","optional":true},"payload":null}', null],
  ['{"schema":{"type":"int32","optional":false,"default":7},"payload":null}', 7],
  ['{"schema":{"type":"double","optional":false},"payload":"NaN"}', Number.NaN],
  ['{"schema":{"type":"bytes","optional":false},"payload":"AP8="}', Buffer.from([0, 255])],
  [
    '{"schema":{"type":"struct","fields":[{"field":"a","type":"int32","optional":true}]},"payload":{"b":1}}',
    { a: null },
  ],
  ['{"schema":null,"payload":{"a":1}}', { a: 1 }],
])('%s is %j', (text, value) => {
  expect(read(text, create()).value).toEqual(value)
})

test.each([
  ['{"schema":{"type":"foo"},"payload":1}', 'Unknown schema type: foo'],
  ['{"schema":{},"payload":1}', "Schema must contain 'type' field"],
  ['{"schema":{"type":"int32"},"payload":null}', 'Invalid null value for required INT32 field'],
  ['{"schema":{"type":"int32"},"payload":"x"}', 'does not fit the schema type int32'],
  ['{"a":1', 'Converting byte[] to Kafka Connect data failed due to serialization error: '],
  ['{"a":1}', 'JsonConverter with schemas.enable requires "schema" and "payload" fields'],
])('%s is refused with Java’s words', (text, message) => {
  expect(() => read(text, create())).toThrow(DataError)
  expect(() => read(text, create())).toThrow(message)
})

test('what is wrong in a text is told with its place', () => {
  expect(() => read('{"a":1,\n"b":}')).toThrow('line 2, column 5')
})

test('a text without an envelope is read by schema.content', () => {
  const content = '{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"}]}'
  const converter = create({ 'schema.content': content })
  expect(read('{"id":9007199254740993}', converter)).toMatchObject({
    schema: { type: 'struct' },
    value: { id: 9007199254740993n },
  })
})

test('without schemas, no bytes are null, and null of an optional schema is the word null', () => {
  expect(read('').value).toBeNull()
  expect(write({ type: 'string', optional: true }, null)).toBe('null')
  expect(plain.fromConnectData('t', undefined, null)).toBeNull()
})

test('a schema that contains itself is refused where it would have to be written', () => {
  const fields: { name: string; schema: Schema }[] = []
  const node: Schema = { type: 'struct', name: 'Node', fields }
  fields.push({ name: 'next', schema: { ...node, optional: true } })
  expect(() => write(node, { next: null }, create())).toThrow('schemas.enable=false')
  expect(write(node, { next: { next: null } })).toBe('{"next":{"next":null}}')
})
