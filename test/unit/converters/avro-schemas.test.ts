import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromJson, logicalNames, type Schema, toJson } from '#api'
import { toAvro } from '../../../src/converters/avro/to-avro.ts'
import { toConnect } from '../../../src/converters/avro/to-connect.ts'
import { compileAvro } from '../../../src/registry/index.ts'
import { stringifyExactly } from '../../../src/util/exact-json.ts'
import { arbitraryAvro, schemaAndValue } from '../../support/arbitrary-avro.ts'
import { everything, everythingValue } from '../../support/avro-samples.ts'

const avro = (json: unknown) => compileAvro(JSON.stringify(json))
const plain = { fieldDocs: false, optionalKeys: false }

const again = (schema: Schema, metaData = true) => compileAvro(stringifyExactly(toAvro(schema, { ...plain, metaData })))

test('an Avro schema becomes a Connect schema and the same Avro schema again', () => {
  fc.assert(
    fc.property(arbitraryAvro, fc.boolean(), (json, metaData) => {
      const given = avro(json)
      expect(again(toConnect(given), metaData).type.schema()).toEqual(given.type.schema())
    }),
    { numRuns: 500 },
  )
})

test('a value is the same bytes when it has been JSON in between, int64 extremes included', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ json, value }) => {
      const { type, ...rest } = avro(json)
      const schema = toConnect({ type, ...rest })
      const back = fromJson(schema, JSON.parse(toJson(value)))
      expect(type.toBuffer(back)).toEqual(type.toBuffer(value))
    }),
    { numRuns: 500 },
  )
})

test('a Connect schema survives Avro', () => {
  const { type, ...rest } = again(everything)
  const back = toConnect({ type, ...rest })
  expect(stringifyExactly(toAvro(back, { ...plain, metaData: true }))).toBe(rest.text)
  expect(back).toMatchObject({ type: 'struct', name: 'test.Everything', version: 3, doc: 'All of it.' })
  expect(back.fields?.map((field) => field.schema.type)).toEqual(everything.fields?.map((field) => field.schema.type))
  expect(type.fromBuffer(type.toBuffer(everythingValue))).toEqual(everythingValue)
})

test.each<[string, unknown, Partial<Schema>]>([
  ['date', { type: 'int', logicalType: 'date' }, { type: 'int32', name: logicalNames.date, version: 1 }],
  ['time', { type: 'int', logicalType: 'time-millis' }, { type: 'int32', name: logicalNames.time }],
  ['timestamp', { type: 'long', logicalType: 'timestamp-millis' }, { type: 'int64', name: logicalNames.timestamp }],
  ['a logical type of another Avro type', { type: 'string', logicalType: 'date' }, { type: 'string' }],
  [
    'microseconds',
    { type: 'long', logicalType: 'timestamp-micros' },
    { type: 'int64', parameters: { 'avro.logicalType': 'timestamp-micros' } },
  ],
  [
    'decimal',
    { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
    { type: 'bytes', name: logicalNames.decimal, parameters: { scale: '2', 'connect.decimal.precision': '9' } },
  ],
  [
    'a decimal without precision',
    { type: 'bytes', logicalType: 'decimal' },
    { type: 'bytes', parameters: { 'avro.logicalType': 'decimal' } },
  ],
  ['int8', { type: 'int', 'connect.type': 'int8' }, { type: 'int8' }],
  [
    'enum',
    { type: 'enum', name: 'n.E', symbols: ['A', 'B'], doc: 'Letters.' },
    {
      type: 'string',
      name: 'n.E',
      doc: 'Letters.',
      parameters: {
        allowed: 'A,B',
        'io.confluent.connect.avro.Enum': 'n.E',
        'io.confluent.connect.avro.Enum.A': 'A',
        'io.confluent.connect.avro.Enum.B': 'B',
      },
    },
  ],
  [
    'fixed',
    { type: 'fixed', name: 'n.F', size: 2 },
    { type: 'bytes', name: 'n.F', parameters: { size: '2', 'connect.fixed.size': '2', 'avro.fixed.name': 'n.F' } },
  ],
  ['optional', ['null', 'string'], { type: 'string', optional: true }],
  ['optional, null last', ['string', 'null'], { type: 'string', optional: true }],
  ['a union of one', ['string'], { type: 'string' }],
  ['null', 'null', { type: 'string', optional: true }],
  [
    'a union',
    ['null', 'int', { type: 'array', items: 'int' }],
    {
      type: 'struct',
      optional: true,
      name: 'io.confluent.connect.avro.Union',
      fields: [
        { name: 'int', schema: { type: 'int32', optional: true } },
        { name: 'array', schema: { type: 'array', values: { type: 'int32' }, optional: true } },
      ],
    },
  ],
  [
    'what Connect left',
    { type: 'string', 'connect.name': 'N', 'connect.version': 4, 'connect.doc': 'D', 'connect.parameters': { a: 'b' } },
    { type: 'string', name: 'N', version: 4, doc: 'D', parameters: { a: 'b' } },
  ],
])('%s is what Confluent’s converter makes of it', (_title, json, schema) => {
  const converted = toConnect(avro(json))
  expect(converted).toMatchObject(schema)
  expect(converted.optional).toBe(schema.optional)
})

test('a field carries its default and its comment', () => {
  const { fields } = toConnect(
    avro({
      type: 'record',
      name: 'R',
      fields: [
        { name: 'a', type: 'int', default: 7, doc: 'Seven.' },
        { name: 'b', type: ['null', 'string'], default: null },
        { name: 'c', type: 'bytes', default: 'ÿ' },
        { name: 'd', type: 'string' },
      ],
    }),
  )
  expect(fields?.map((field) => field.schema)).toEqual([
    { type: 'int32', default: 7, doc: 'Seven.' },
    { type: 'string', optional: true, default: null },
    { type: 'bytes', default: Buffer.from([255]) },
    { type: 'string' },
  ])
})

test('a recursive record is a cyclic schema, and the same record again', () => {
  const given = avro({
    type: 'record',
    name: 'Tree',
    namespace: 'n',
    fields: [
      { name: 'value', type: 'int' },
      { name: 'children', type: { type: 'array', items: 'Tree' }, default: [] },
      { name: 'parent', type: ['null', 'n.Tree'], default: null },
    ],
  })
  const schema = toConnect(given)
  expect(schema.fields?.[1]?.schema.values?.fields).toBe(schema.fields)
  expect(schema.fields?.[2]?.schema).toMatchObject({ optional: true, default: null })
  expect(again(schema).type.schema()).toEqual(given.type.schema())
  const value = { value: 1, children: [{ value: 2, children: [], parent: null }], parent: null }
  expect(fromJson(schema, JSON.parse(toJson(value)))).toEqual(value)
})

test('a recursive struct without a name gets one', () => {
  const fields: { name: string; schema: Schema }[] = []
  fields.push({ name: 'next', schema: { type: 'struct', optional: true, fields } })
  const { type } = again({ type: 'struct', fields })
  expect(type.name).toBe('io.confluent.connect.avro.ConnectDefault')
  expect(type.fromBuffer(type.toBuffer({ next: { next: null } }))).toEqual({ next: { next: null } })
})

const part = (type: Schema['type']): Schema => ({
  type: 'struct',
  name: 'Part',
  fields: [{ name: 'x', schema: { type } }],
})
const whole = (...parts: Schema[]): Schema => ({
  type: 'struct',
  name: 'n.Whole',
  fields: parts.map((schema, index) => ({ name: `p${index}`, schema })),
})

test('the same struct twice is defined once, and two structs of one name are refused', () => {
  const { type } = again(whole(part('int32'), part('int32'), { ...part('int32'), optional: true }))
  const value = { p0: { x: 1 }, p1: { x: 2 }, p2: null }
  expect(type.fromBuffer(type.toBuffer(value))).toEqual(value)
  expect(() => again(whole(part('int32'), part('string')))).toThrow('Two different types have the name Part')
})

test('names of Connect are kept with connect.meta.data only', () => {
  const schema: Schema = { type: 'string', name: 'N', version: 2, parameters: { a: 'b' } }
  expect(toAvro(schema, { ...plain, metaData: true })).toEqual({
    type: 'string',
    'connect.name': 'N',
    'connect.version': 2,
    'connect.parameters': { a: 'b' },
  })
  expect(toAvro(schema, { ...plain, metaData: false })).toBe('string')
})

test('a default goes into the Avro schema as Avro writes it', () => {
  const withDefaults: Schema = {
    type: 'struct',
    name: 'R',
    fields: [
      { name: 'wide', schema: { type: 'int64', default: -9223372036854775808n } },
      { name: 'bytes', schema: { type: 'bytes', default: Buffer.from([255]) } },
      { name: 'optional', schema: { type: 'string', optional: true, default: 'x' } },
      { name: 'union', schema: { ...toConnect(avro(['null', 'int', 'string'])), default: { string: 's' } } },
      {
        name: 'decimal',
        schema: { type: 'bytes', name: logicalNames.decimal, parameters: { scale: '1' }, default: '0.5' },
      },
      { name: 'list', schema: { type: 'array', values: { type: 'bytes' }, default: [Buffer.from('a')] } },
      {
        name: 'entries',
        schema: { type: 'map', keys: { type: 'int32' }, values: { type: 'bytes' }, default: [[1, Buffer.from('b')]] },
      },
      {
        name: 'struct',
        schema: { type: 'struct', name: 'S', fields: [{ name: 'a', schema: { type: 'int32' } }], default: { a: 1 } },
      },
    ],
  }
  const { type } = again(withDefaults)
  expect(type.fromBuffer(type.toBuffer({}))).toEqual(
    Object.fromEntries((withDefaults.fields ?? []).map(({ name, schema }) => [name, schema.default])),
  )
})
