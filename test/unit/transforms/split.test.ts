import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DataError } from '#api'
import { split } from '../../../src/transforms/split.ts'
import { aRecord, testTransformation } from '../../conformance/transformation.ts'
import { vehicle, vehicleSchema } from './vehicle.ts'

testTransformation({
  plugin: split,
  props: {},
  value: [vehicle, { ...vehicle, id: 'bus-2' }],
  schema: { type: 'array', values: vehicleSchema },
  ofNull: 'kept',
})

testTransformation({
  plugin: split,
  props: { field: 'vehicle.stops' },
  value: vehicle,
  schema: vehicleSchema,
  ofNull: 'kept',
})

const transform = (props: Record<string, string> = {}) => split.create(split.config.parse(props))

test('each element becomes a record whose path ends with its index', () => {
  const records = transform({ field: 'vehicle.stops' })(
    aRecord({ value: vehicle, valueSchema: vehicleSchema, path: [4] }),
  )
  expect(records).toMatchObject([
    { value: { name: 'Mall' }, path: [4, 0], valueSchema: { type: 'struct', fields: [{ name: 'name' }] } },
    { value: { name: 'Quay' }, path: [4, 1] },
  ])
})

test('an empty array leaves nothing', () => {
  expect(transform()(aRecord({ value: [] }))).toEqual([])
})

test('splitting and joining again gives the array back', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat()), (value, path) => {
      const records = transform()(aRecord({ value, path })) as readonly ReturnType<typeof aRecord>[]
      expect(records.map((record) => record.value)).toEqual(value)
      expect(records.map((record) => record.path)).toEqual(value.map((_, index) => [...path, index]))
    }),
  )
})

test.each([
  [{ field: 'vehicle.stops' }, { vehicle: {} }, 'the field "vehicle.stops" of the value is null'],
  [{ field: 'vehicle.stops' }, { vehicle: null }, 'is null'],
  [{ field: 'id' }, vehicle, 'the field "id" of the value is string'],
  [{ field: 'constructor' }, vehicle, 'is null'],
  [{}, vehicle, 'the value itself is object'],
])('what is no array is refused by name: %j', (props, value, message) => {
  expect(() => transform(props as Record<string, string>)(aRecord({ value }))).toThrow(DataError)
  expect(() => transform(props as Record<string, string>)(aRecord({ value }))).toThrow(message)
})

test('a map whose keys are no strings is an array in JavaScript only', () => {
  const valueSchema = { type: 'map', keys: { type: 'int32' }, values: { type: 'string' } } as const
  expect(() => transform()(aRecord({ value: [[1, 'a']], valueSchema }))).toThrow('is map')
})
