import { describe, expect, test } from 'vitest'
import { ConfigError, DataError, logicalNames, type Schema, type TransformationPlugin } from '#api'
import { cast } from '../../../src/transforms/cast.ts'
import { dropHeaders } from '../../../src/transforms/drop-headers.ts'
import { flatten } from '../../../src/transforms/flatten.ts'
import { headerFrom } from '../../../src/transforms/header-from.ts'
import { hoistField } from '../../../src/transforms/hoist-field.ts'
import { insertHeader } from '../../../src/transforms/insert-header.ts'
import { maskField } from '../../../src/transforms/mask-field.ts'
import { setSchemaMetadata } from '../../../src/transforms/set-schema-metadata.ts'
import { timestampConverter } from '../../../src/transforms/timestamp-converter.ts'
import { timestampRouter } from '../../../src/transforms/timestamp-router.ts'
import { aRecord, testTransformation } from '../../conformance/transformation.ts'
import { vehicle, vehicleSchema } from './vehicle.ts'

const given = { value: vehicle, schema: vehicleSchema }
testTransformation({ plugin: cast, props: { spec: 'id:string' }, ...given, ofNull: 'kept' })
testTransformation({
  plugin: hoistField,
  props: { field: 'all' },
  value: vehicle,
  schema: vehicleSchema,
  ofNull: 'changed',
})
testTransformation({ plugin: flatten, props: { delimiter: '_' }, ...given, ofNull: 'kept' })
testTransformation({ plugin: maskField, props: { fields: 'id' }, ...given, ofNull: 'refused' })
testTransformation({
  plugin: timestampConverter,
  props: { field: 'at', 'target.type': 'string', format: 'yyyy' },
  value: { at: 1_700_000_000_000 },
  schema: { type: 'struct', fields: [{ name: 'at', schema: { type: 'int64' } }] },
  ofNull: 'null',
})

const run = (plugin: TransformationPlugin, props: Record<string, string>, record = aRecord()) =>
  plugin.create(plugin.config.parse(props))(record) as typeof record

const struct = (fields: Readonly<Record<string, Schema>>): Schema => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, schema]) => ({ name, schema })),
})

describe('Cast', () => {
  const castOne = (value: unknown, spec: string, valueSchema?: Schema): unknown =>
    run(cast, { spec }, aRecord({ value, valueSchema })).value

  test.each([
    [300, 'int8', { type: 'int32' }, 44],
    [1e30, 'int64', { type: 'float64' }, 2n ** 63n - 1n],
    [-129.9, 'int8', { type: 'float32' }, 127],
    ['16777217.0000001', 'float32', { type: 'string' }, 16_777_218],
    [0.5, 'boolean', { type: 'float64' }, false],
    ['TRUE', 'boolean', { type: 'string' }, true],
    ['0x1p3', 'float64', { type: 'string' }, 8],
    [1e10, 'string', { type: 'float64' }, '1.0E10'],
    [Buffer.from('hi'), 'string', { type: 'bytes' }, 'aGk='],
    [19_782, 'string', { type: 'int32', name: logicalNames.date, version: 1 }, '2024-02-29'],
    ['12.340', 'int32', { type: 'bytes', name: logicalNames.decimal, parameters: { scale: '3' } }, 12],
  ] as const)('%s as %s of %j is %s', (value, spec, schema, expected) => {
    expect(castOne(value, spec, schema)).toEqual(expected)
  })

  test('text that is no number of the type is an error of that record', () => {
    expect(() => castOne('128', 'int8')).toThrow(new DataError('Value (128) was out of range for requested data type'))
    expect(() => castOne({}, 'int8')).toThrow('does not support casting from MAP')
  })

  test.each([
    ['', 'Must specify at least one field'],
    ['a:b:c', 'Invalid rename mapping: a:b:c'],
    ['a:bytes', 'does not support casting to BYTES'],
    ['a:nonsense', 'Invalid type found in casting spec: nonsense'],
    ['int8,a:int8', 'may only specify a single cast'],
  ])('the spec "%s" is refused', (spec, message) => {
    expect(() => cast.config.parse({ spec })).toThrow(message)
  })
})

describe('headers', () => {
  const schema = struct({ a: { type: 'int32' }, b: { type: 'string', optional: true, default: 'x' } })

  test('DropHeaders removes all of a name', () => {
    const headers = ['h', 'i', 'h'].map((key) => ({ key, value: 1 }))
    expect(run(dropHeaders, { headers: 'h,h' }, aRecord({ headers })).headers).toEqual([{ key: 'i', value: 1 }])
    expect(() => dropHeaders.config.parse({ headers: '' })).toThrow('must not be empty')
  })

  test('HeaderFrom adds headers with their schemas, and removes fields when it moves them', () => {
    const props = { fields: 'a,b', headers: 'h,j', operation: 'move' }
    const record = run(headerFrom, props, aRecord({ value: { a: 5, b: null }, valueSchema: schema }))
    expect(record.headers.slice(1)).toEqual([
      { key: 'h', value: 5, schema: { type: 'int32' } },
      { key: 'j', value: 'x', schema: { type: 'string', optional: true, default: 'x' } },
    ])
    expect(record).toMatchObject({ value: {}, valueSchema: { fields: [] } })
    const copied = run(headerFrom, { ...props, operation: 'copy' }, aRecord({ value: { a: 5 } }))
    expect(copied).toMatchObject({
      value: { a: 5 },
      headers: [{ key: 'h' }, { key: 'h', value: 5 }, { key: 'j', value: null }],
    })
    expect(() => run(headerFrom, { ...props, headers: 'h' })).toThrow(ConfigError)
  })

  test('InsertHeader infers the type of its literal', () => {
    const added = (literal: string) => run(insertHeader, { header: 'n', 'value.literal': literal }).headers.at(-1)
    expect(added('300')).toEqual({ key: 'n', value: 300, schema: { type: 'int16' } })
    expect(added('some text')).toEqual({ key: 'n', value: 'some text', schema: { type: 'string' } })
  })
})

test('Flatten joins names, and what lies below something optional is optional', () => {
  const valueSchema = struct({ a: { ...struct({ b: { type: 'int32' } }), optional: true }, c: { type: 'string' } })
  const record = run(flatten, {}, aRecord({ value: { a: null, c: 'x' }, valueSchema }))
  expect(record.value).toEqual({ 'a.b': null, c: 'x' })
  expect(record.valueSchema).toEqual(struct({ 'a.b': { type: 'int32', optional: true }, c: { type: 'string' } }))
  const map = struct({ m: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } })
  expect(() => run(flatten, {}, aRecord({ value: { m: {} }, valueSchema: map }))).toThrow('does not support MAP')
})

test('HoistField refuses a null that the schema does not allow', () => {
  expect(run(hoistField, { field: 'f' }, aRecord({ value: null })).value).toEqual({ f: null })
  const refused = () => run(hoistField, { field: 'f' }, aRecord({ value: null, valueSchema: { type: 'string' } }))
  expect(refused).toThrow('null used for required field: "f", schema type: STRING')
})

test('MaskField gives the empty value of each type, or a replacement for numbers and strings', () => {
  const value = { n: 5, s: 'x', b: true, l: [1], m: { x: 1 } }
  const masked = run(maskField, { fields: 'n,s,b,l,m' }, aRecord({ value })).value
  expect(masked).toEqual({ n: 0, s: '', b: false, l: [], m: {} })
  expect(run(maskField, { fields: 'n,s', replacement: '-300.7' }, aRecord({ value })).value).toMatchObject({
    n: -300,
    s: '-300.7',
  })
  expect(() => run(maskField, { fields: 'b', replacement: '1' }, aRecord({ value }))).toThrow(DataError)
})

test('SetSchemaMetadata names the schema of a struct, and needs one', () => {
  const props = { 'schema.name': 'n', 'schema.version': '3' }
  const record = run(setSchemaMetadata, props, aRecord({ value: vehicle, valueSchema: vehicleSchema }))
  expect(record.valueSchema).toEqual({ ...vehicleSchema, name: 'n', version: 3 })
  expect(() => run(setSchemaMetadata, props)).toThrow('Schema required for [updating schema metadata]')
  expect(() => run(setSchemaMetadata, {})).toThrow(new ConfigError('Neither schema name nor version configured'))
})

describe('TimestampConverter', () => {
  const at = Date.UTC(2024, 1, 29, 12, 0, 0, 5)
  const convert = (props: Record<string, string>, value: unknown, valueSchema?: Schema) =>
    run(timestampConverter, props, aRecord({ value, valueSchema }))

  test('goes from and to every kind, with its schema', () => {
    const timestamp: Schema = { type: 'int64', name: logicalNames.timestamp, version: 1 }
    expect(convert({ 'target.type': 'Date' }, at, timestamp)).toMatchObject({
      value: 19_782,
      valueSchema: { name: logicalNames.date },
    })
    expect(convert({ 'target.type': 'Time' }, at, timestamp).value).toBe(43_200_005)
    expect(convert({ 'target.type': 'unix', 'unix.precision': 'seconds' }, at, timestamp).value).toBe(1_709_208_000)
    expect(convert({ 'target.type': 'unix', 'unix.precision': 'nanoseconds' }, at, timestamp).value).toBe(
      BigInt(at) * 1_000_000n,
    )
    expect(convert({ 'target.type': 'Timestamp', format: 'yyyy' }, '2024', { type: 'string' }).value).toBe(
      Date.UTC(2024),
    )
    expect(convert({ 'target.type': 'string', format: 'HH:mm' }, at).value).toBe('12:00')
  })

  test('what cannot be read names value and pattern', () => {
    const message = 'Could not parse timestamp: value (x) does not match pattern (yyyy)'
    expect(() => convert({ 'target.type': 'unix', format: 'yyyy' }, 'x')).toThrow(message)
    expect(() => convert({ 'target.type': 'string' }, at)).toThrow('requires format option')
    expect(() => convert({ 'target.type': 'string', format: 'b' }, at)).toThrow("Illegal pattern character 'b'")
    expect(() => convert({ 'target.type': 'unix' }, 1, { type: 'int32' })).toThrow(
      'does not correspond to a known timestamp type',
    )
  })
})

test('TimestampRouter makes the topic of the old one and the time', () => {
  expect(run(timestampRouter, {}).topic).toBe('a-topic-20231114')
  const props = { 'topic.format': '${timestamp}/${topic}', 'timestamp.format': 'yyyy' }
  expect(run(timestampRouter, props).topic).toBe('2023/a-topic')
  expect(() => run(timestampRouter, {}, aRecord({ timestamp: undefined }))).toThrow('Timestamp missing on record')
})
