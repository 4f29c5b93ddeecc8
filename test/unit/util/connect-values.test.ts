import { expect, test } from 'vitest'
import { logicalNames, type Schema } from '#api'
import { formatConnectValue, javaDouble, javaFloat, parseConnectValue } from '../../../src/util/connect-values.ts'

const array = (type: Schema['type']): Schema => ({ type: 'array', values: { type } })

// Java's answers, as test/integration/java-converters.test.ts asks for many more.
test.each<[string, Schema | undefined, unknown]>([
  ['1', { type: 'int8' }, 1],
  ['300', { type: 'int16' }, 300],
  ['70000', { type: 'int32' }, 70_000],
  ['9223372036854775807', { type: 'int64' }, 2n ** 63n - 1n],
  ['1.0', { type: 'int8' }, 1],
  ['0.1', { type: 'float32' }, Math.fround(0.1)],
  ['1e60', { type: 'float64' }, 1e60],
  ['true', { type: 'boolean' }, true],
  ['true}', { type: 'string' }, 'true}'],
  ['null', undefined, null],
  ['', { type: 'string' }, ''],
  [' 5', { type: 'int8' }, 5],
  ['"q"', { type: 'string' }, '"q"'],
  ['2026-01-02', { type: 'int32', name: logicalNames.date, version: 1 }, 20_455],
  ['03:04:05.000Z', { type: 'int32', name: logicalNames.time, version: 1 }, 11_045_000],
  ['2026-01-02T03:04:05.000Z', { type: 'int64', name: logicalNames.timestamp, version: 1 }, 1_767_323_045_000],
  ['[1,300]', array('int16'), [1, 300]],
  ['[1,0.5]', array('float32'), [1, 0.5]],
  ['[1,"x"]', { type: 'array' }, [1, 'x']],
  ['[1,null]', { type: 'string' }, '[1,null]'],
  ['[1,', { type: 'string' }, '[1,'],
  ['{"a":1}', { type: 'map', keys: { type: 'string' }, values: { type: 'int8' } }, { a: 1 }],
  ['{1:2}', { type: 'map', keys: { type: 'int8' }, values: { type: 'int8' } }, [[1, 2]]],
  ['{}', { type: 'map' }, {}],
])('%s is inferred as Java infers it', (text, schema, value) => {
  expect(parseConnectValue(text)).toEqual({ ...(schema && { schema }), value })
})

test('a number that no double holds keeps its digits, unless they would fill the memory', () => {
  expect(parseConnectValue('12345678901234567890')).toMatchObject({
    schema: { name: logicalNames.decimal, parameters: { scale: '0' } },
    value: '12345678901234567890',
  })
  expect(parseConnectValue('1e1000000000')).toEqual({ schema: { type: 'string' }, value: '1e1000000000' })
})

test('nesting without end is text', () => {
  const text = '['.repeat(100_000)
  expect(parseConnectValue(text)).toEqual({ schema: { type: 'string' }, value: text })
})

test.each<[Schema | undefined, unknown, string]>([
  [undefined, 'as "is"', 'as "is"'],
  [undefined, ['a "b" \\', null, 1, 0.5, true], '["a \\"b\\" \\\\",null,1,0.5,true]'],
  [{ type: 'float32' }, 5, '5.0'],
  [{ type: 'float64' }, 1e10, '1.0E10'],
  [{ type: 'bytes' }, Buffer.from([1, 255]), 'Af8='],
  [{ type: 'int32', name: logicalNames.date }, 20_455, '2026-01-02'],
  [{ type: 'int64', name: logicalNames.timestamp }, 1_767_323_045_000, '2026-01-02T03:04:05.000Z'],
  [{ type: 'int64', name: logicalNames.timestamp }, 5, '00:00:00.005Z'],
  [{ type: 'bytes', name: logicalNames.decimal, parameters: { scale: '10' } }, '0.0000000001', '1E-10'],
  [{ type: 'map', keys: { type: 'int8' }, values: { type: 'string' } }, [[1, 'x']], '{1:"x"}'],
  [{ type: 'struct', fields: [{ name: 'a', schema: { type: 'int32', default: 7 } }] }, { a: null }, '{"a":7}'],
])('of schema %j, %j is written as Java writes it', (schema, value, text) => {
  expect(formatConnectValue(schema, value)).toBe(text)
})

test.each([
  [0.1, '0.1', '0.1'],
  [-0, '-0.0', '-0.0'],
  [1e7, '1.0E7', '1.0E7'],
  [123.25, '123.25', '123.25'],
  [0.00025, '2.5E-4', '2.5E-4'],
  [Number.POSITIVE_INFINITY, 'Infinity', 'Infinity'],
])('%d has the digits that Java gives doubles and floats', (value, double, float) => {
  expect(javaDouble(value)).toBe(double)
  expect(javaFloat(Math.fround(value))).toBe(float)
})
