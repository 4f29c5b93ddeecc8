import { expect, test } from 'vitest'
import { DataError, type Schema } from '#api'
import { project } from '../../../src/transforms/project.ts'
import { aRecord, testTransformation } from '../../conformance/transformation.ts'
import { vehicle, vehicleSchema } from './vehicle.ts'

const fields = '{"id":"id","lat":"vehicle.position.latitude","long":"vehicle.position.longitude"}'

testTransformation({ plugin: project, props: { fields }, value: vehicle, schema: vehicleSchema, ofNull: 'kept' })
for (const missing of ['null', 'skip']) {
  testTransformation({
    plugin: project,
    props: {
      fields: '{"id":"id","route":"vehicle.trip.routeId","none":"vehicle.none.x","stop":"vehicle.stops[5].name"}',
      missing,
    },
    value: { id: 'b', vehicle: { ...vehicle.vehicle, trip: null } },
    schema: vehicleSchema,
    ofNull: 'kept',
  })
}

const apply = (paths: Record<string, string>, value: unknown, schema?: Schema, missing = 'null') => {
  const transform = project.create(project.config.parse({ fields: JSON.stringify(paths), missing }))
  return transform(aRecord({ value, valueSchema: schema })) as ReturnType<typeof aRecord>
}

test('picks fields from anywhere under new names, in the order given', () => {
  const { value } = apply({ id: 'id', lat: 'vehicle.position.latitude', long: 'vehicle.position.longitude' }, vehicle)
  expect(JSON.stringify(value)).toBe('{"id":"bus-1","lat":43.5,"long":-79.6}')
})

test('derives the schema of what it made', () => {
  const paths = {
    id: 'id',
    lat: 'vehicle.position.latitude',
    route: 'vehicle.trip.routeId',
    stop: 'vehicle.stops[0].name',
  }
  expect(apply(paths, vehicle, vehicleSchema).valueSchema).toEqual({
    type: 'struct',
    fields: [
      { name: 'id', schema: { type: 'string' } },
      { name: 'lat', schema: { type: 'float64' } },
      { name: 'route', schema: { type: 'string', optional: true } },
      { name: 'stop', schema: { type: 'string', optional: true } },
    ],
  })
})

test('knows indexes, quoted names, maps and the value itself being an array', () => {
  const value = [{ 'a.b': [{ c: 1 }, { c: 2 }] }]
  expect(apply({ x: '[0].`a.b`[1].c' }, value).value).toEqual({ x: 2 })
  const schema: Schema = { type: 'map', keys: { type: 'string' }, values: { type: 'int32', origin: 'avro' } }
  const { value: picked, valueSchema } = apply({ x: 'length', y: 'toString' }, { length: 3 }, schema)
  expect(picked).toEqual({ x: 3, y: null })
  expect(valueSchema?.fields?.[0]?.schema).toEqual({ type: 'int32', optional: true })
})

test('a null that is there is no missing path', () => {
  expect(apply({ a: 'a' }, { a: null }, undefined, 'skip').value).toEqual({ a: null })
  expect(apply({ a: 'a' }, { a: null }, undefined, 'fail').value).toEqual({ a: null })
})

test('a missing path is a null, is left out, or fails with its name', () => {
  expect(apply({ a: 'x.y' }, { x: null }).value).toEqual({ a: null })
  expect(apply({ a: 'x.y', b: 'b' }, { b: 1 }, undefined, 'skip').value).toEqual({ b: 1 })
  for (const schema of [undefined, vehicleSchema]) {
    const failing = () => apply({ a: 'vehicle.none' }, vehicle, schema, 'fail')
    expect(failing).toThrow(DataError)
    expect(failing).toThrow('"vehicle.none"')
  }
})

test('what JavaScript objects inherit is no field', () => {
  for (const name of ['constructor', 'toString', 'length', '__proto__', '0']) {
    expect(apply({ a: name, b: `list.${name}`, c: `text.${name}` }, { list: [1], text: 'x' }).value).toEqual({
      a: null,
      b: null,
      c: null,
    })
  }
})

test('names are data, whatever they look like', () => {
  const evil = '"];globalThis.broken=1;//`${1}\n\u2028'
  expect(apply({ [evil]: `\`${evil}\`` }, { [evil]: 'x' }).value).toEqual({ [evil]: 'x' })
  expect('broken' in globalThis).toBe(false)
})

test('a value that is no object is refused', () => {
  expect(() => apply({ a: 'a' }, 'text')).toThrow(DataError)
})

test.each([
  ['nonsense', 'must be a JSON object'],
  ['[]', 'must be a JSON object'],
  ['{}', 'at least one field'],
  ['{"a":1}', 'the path of "a" must be a text'],
  ['{"a":"`b"}', 'Incomplete backtick pair'],
  ['{"a":"b[0]c"}', 'Unexpected "c"'],
  ['{"__proto__":"a"}', '__proto__'],
])('the declaration %s is refused', (given, message) => {
  expect(() => project.config.parse({ fields: given })).toThrow(message)
})
