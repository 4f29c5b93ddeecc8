import { describe, expect, test } from 'vitest'
import { ConfigError, logicalNames, type Schema, type TransformationPlugin } from '#api'
import { extractField } from '../../../src/transforms/extract-field.ts'
import { filter } from '../../../src/transforms/filter.ts'
import { insertField } from '../../../src/transforms/insert-field.ts'
import { replaceField } from '../../../src/transforms/replace-field.ts'
import { valueToKey } from '../../../src/transforms/value-to-key.ts'
import { aRecord, testTransformation } from '../../conformance/transformation.ts'
import { vehicle, vehicleSchema } from './vehicle.ts'

const given = { value: vehicle, schema: vehicleSchema }
testTransformation({ plugin: filter, props: {}, ...given, ofNull: 'dropped' })
testTransformation({ plugin: extractField, props: { field: 'id' }, ...given, ofNull: 'null' })
testTransformation({
  plugin: insertField,
  props: { 'topic.field': 't!', 'offset.field': 'o' },
  ...given,
  ofNull: 'kept',
})
testTransformation({ plugin: replaceField, props: { include: 'id', renames: 'id:name' }, ...given, ofNull: 'kept' })
testTransformation({ plugin: valueToKey, props: { fields: 'id' }, ...given, ofNull: 'refused' })

const run = (plugin: TransformationPlugin, props: Record<string, string>, record = aRecord()) =>
  plugin.create(plugin.config.parse(props))(record) as typeof record

const defaulted: Schema = {
  type: 'struct',
  name: 'n',
  version: 3,
  fields: [{ name: 'a', schema: { type: 'int32', optional: true, default: 7 } }],
}

describe('ExtractField', () => {
  const nested = { 'vehicle.position': 'flat', vehicle: { position: 'deep' } }

  test('V1 takes the option as one name, V2 descends at dots', () => {
    const field = 'vehicle.position'
    expect(run(extractField, { field }, aRecord({ value: nested })).value).toBe('flat')
    const deep = run(extractField, { field, 'field.syntax.version': 'V2' }, aRecord({ value: nested }))
    expect(deep.value).toBe('deep')
    const quoted = run(
      extractField,
      { field: `\`${field}\``, 'field.syntax.version': 'v2' },
      aRecord({ value: nested }),
    )
    expect(quoted.value).toBe('flat')
  })

  test('V2 gives the schema of the nested field, and null below a null', () => {
    const props = { field: 'vehicle.trip.routeId', 'field.syntax.version': 'V2' }
    const value = { ...vehicle, vehicle: { ...vehicle.vehicle, trip: null } }
    expect(run(extractField, props, aRecord({ value, valueSchema: vehicleSchema }))).toMatchObject({
      value: null,
      valueSchema: { type: 'string', optional: true },
    })
  })

  test('an unknown field is null without schema and an error with one', () => {
    expect(run(extractField, { field: 'toString' }, aRecord({ value: {} })).value).toBeNull()
    const record = aRecord({ value: vehicle, valueSchema: vehicleSchema })
    expect(() => run(extractField, { field: 'nope' }, record)).toThrow('Unknown field: nope')
  })

  test('a null is read as the default of its field unless told not to', () => {
    const record = aRecord({ value: { a: null }, valueSchema: defaulted })
    expect(run(extractField, { field: 'a' }, record).value).toBe(7)
    expect(run(extractField, { field: 'a', 'replace.null.with.default': 'false' }, record).value).toBeNull()
  })

  test('a text has no fields', () => {
    const message = 'Only Map objects supported in absence of schema for [field extraction], found: string'
    expect(() => run(extractField, { field: 'a' })).toThrow(message)
  })
})

describe('InsertField', () => {
  const all = {
    'topic.field': 't',
    'partition.field': 'p!',
    'offset.field': 'o?',
    'timestamp.field': 'ts',
    'static.field': 's',
    'static.value': 'fixed',
  }
  const inserted = { t: 'a-topic', p: 2, o: 41, ts: 1_700_000_000_000, s: 'fixed' }

  test('adds what it is asked for, with types and marks', () => {
    expect(run(insertField, all, aRecord({ value: { x: 1 } })).value).toEqual({ x: 1, ...inserted })
    const record = run(insertField, all, aRecord({ value: { a: null }, valueSchema: defaulted }))
    expect(record.value).toEqual({ a: 7, ...inserted })
    expect(record.valueSchema).toMatchObject({ type: 'struct', name: 'n', version: 3 })
    expect(record.valueSchema?.fields?.slice(1)).toEqual([
      { name: 't', schema: { type: 'string', optional: true } },
      { name: 'p', schema: { type: 'int32' } },
      { name: 'o', schema: { type: 'int64', optional: true } },
      { name: 'ts', schema: { type: 'int64', name: logicalNames.timestamp, version: 1, optional: true } },
      { name: 's', schema: { type: 'string', optional: true } },
    ])
  })

  test('what the record does not have stays out', () => {
    const record = aRecord({ value: {}, partition: undefined, timestamp: undefined })
    expect(run(insertField, all, record).value).toEqual({ t: 'a-topic', o: 41, s: 'fixed' })
  })

  test('an offset beyond 2^53 keeps its digits, and a source has none', () => {
    const origin = { ...aRecord().origin, offset: 2n ** 60n }
    expect(run(insertField, { 'offset.field': 'o' }, aRecord({ value: {}, origin })).value).toEqual({ o: 2n ** 60n })
    const { origin: _, ...source } = aRecord({ value: {} })
    const transform = insertField.create(insertField.config.parse({ 'offset.field': 'o' }))
    expect(() => transform(source)).toThrow('Only SinkRecord supported for [field insertion], found: SourceRecord')
  })

  test('nothing to insert is a mistake', () => {
    expect(() => run(insertField, {})).toThrow(new ConfigError('No field insertion configured'))
    expect(() => run(insertField, { 'static.field': 'x' })).toThrow('No value specified for static field: x')
  })
})

describe('ReplaceField', () => {
  test('excludes before it includes, and renames what is left', () => {
    const props = { include: 'a,b', exclude: 'b', renames: 'a:z' }
    expect(run(replaceField, props, aRecord({ value: { a: 1, b: 2, c: 3 } })).value).toEqual({ z: 1 })
    const record = run(replaceField, { renames: 'a:z' }, aRecord({ value: { a: null }, valueSchema: defaulted }))
    expect(record.value).toEqual({ z: 7 })
    expect(record.valueSchema).toEqual({ ...defaulted, fields: [{ name: 'z', schema: defaulted.fields?.[0]?.schema }] })
  })

  test('a rename needs two names', () => {
    for (const renames of ['a', 'a:', 'a:b:c']) {
      expect(() => run(replaceField, { renames })).toThrow(`Invalid rename mapping: ${renames}`)
    }
  })
})

describe('ValueToKey', () => {
  test('makes the key of the fields named', () => {
    expect(run(valueToKey, { fields: 'a,b' }, aRecord({ value: { a: 1 } })).key).toEqual({ a: 1, b: null })
    const record = run(valueToKey, { fields: 'a' }, aRecord({ value: { a: null }, valueSchema: defaulted }))
    expect(record).toMatchObject({ key: { a: 7 }, keySchema: { type: 'struct', fields: [{ name: 'a' }] } })
  })

  test('a field that the schema does not have is an error', () => {
    const record = aRecord({ value: {}, valueSchema: defaulted })
    expect(() => run(valueToKey, { fields: 'z' }, record)).toThrow('Field does not exist: z')
    expect(() => run(valueToKey, { fields: '' })).toThrow(ConfigError)
  })
})
