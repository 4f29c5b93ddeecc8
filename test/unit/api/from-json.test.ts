import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromJson, logicalNames, type Schema, SchemaMismatchError, toJson } from '#api'

const struct = (fields: Record<string, Schema>): Schema => ({
  type: 'struct',
  name: 'R',
  fields: Object.entries(fields).map(([name, schema]) => ({ name, schema })),
})

function misfit(schema: Schema, json: unknown): SchemaMismatchError {
  try {
    fromJson(schema, json)
  } catch (error) {
    if (error instanceof SchemaMismatchError) return error
    throw error
  }
  throw new Error('It fitted.')
}

test('every int64 survives JSON text and back without losing a digit', () => {
  const schema = struct({ a: { type: 'int64' } })
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (integer) => {
      const text = toJson({ a: integer })
      const safe = Number.isSafeInteger(Number(integer))
      expect(text).toBe(safe ? `{"a":${integer}}` : `{"a":"${integer}"}`)
      expect(fromJson(schema, JSON.parse(text))).toEqual({ a: safe ? Number(integer) : integer })
    }),
  )
})

test('an integer beyond 2^53 is refused as a number, since its digits are gone', () => {
  expect(misfit({ type: 'int64' }, 2 ** 53).context).toMatchObject({ reason: 'unsafe_integer' })
  expect(fromJson({ type: 'int64' }, '9223372036854775807')).toBe(2n ** 63n - 1n)
  expect(fromJson({ type: 'int64' }, '5')).toBe(5)
  expect(misfit({ type: 'int64' }, 2n ** 62n).context).toMatchObject({ reason: 'unsafe_integer' })
  expect(fromJson({ type: 'float64' }, 2n ** 64n)).toBe(2 ** 64)
})

test.each([JSON.parse('12345678901234567.8912'), 2n ** 60n])(
  'the decimal %d is refused as a number, since its digits may be gone',
  (json) => {
    const schema: Schema = { type: 'bytes', name: logicalNames.decimal, parameters: { scale: '4' } }
    expect(misfit(schema, json).context).toMatchObject({ reason: 'unsafe_number' })
  },
)

test.each<[Schema['type'], unknown]>([
  ['int8', 128],
  ['int8', -129],
  ['int16', 32768],
  ['int32', 2147483648],
  ['int32', '2147483648'],
  ['int64', '9223372036854775808'],
  ['int64', '-9223372036854775809'],
  ['int64', '99999999999999999999'],
  ['int64', '1.0'],
  ['int64', ''],
  ['int32', 1.5],
  ['int32', true],
  ['float64', '1'],
  ['float64', Number.POSITIVE_INFINITY],
  ['float32', 1e39],
  ['boolean', 0],
  ['string', 5],
  ['bytes', 'no base64!'],
  ['bytes', []],
  ['array', {}],
  ['map', []],
  ['struct', 'x'],
  ['struct', null],
])('%s does not take %j', (type, json) => {
  expect(misfit({ type, values: { type: 'string' }, fields: [] }, json).message).toMatch(/^The message .*\.$/)
})

test.each<[Schema, unknown, unknown]>([
  [{ type: 'float64' }, 'NaN', Number.NaN],
  [{ type: 'float32' }, '-Infinity', Number.NEGATIVE_INFINITY],
  [{ type: 'bytes' }, 'AP8=', Buffer.from([0, 255])],
  [{ type: 'bytes' }, 'AP8', Buffer.from([0, 255])],
  [{ type: 'string', optional: true }, null, null],
  [{ type: 'string', optional: true, default: 'x' }, undefined, 'x'],
  [{ type: 'array', values: { type: 'int64' } }, [1, '2'], [1, 2]],
  [{ type: 'map', values: { type: 'int32' } }, { a: 1 }, { a: 1 }],
  [{ type: 'bytes', name: logicalNames.decimal, parameters: { scale: '2' } }, '-12.3', '-12.30'],
  [{ type: 'bytes', name: logicalNames.decimal, parameters: { scale: '2' } }, 5, '5.00'],
  [{ type: 'bytes', name: logicalNames.decimal }, '7.000', '7'],
  [{ type: 'bytes', name: logicalNames.decimal, parameters: { scale: '3' } }, 123456789012.345, '123456789012.345'],
  [{ type: 'bytes', name: logicalNames.decimal }, '12345678901234567890', '12345678901234567890'],
  [{ type: 'float32' }, 3.4e38, 3.4e38],
])('%j takes %j', (schema, json, value) => {
  expect(fromJson(schema, json)).toEqual(value)
})

test('the path of the first thing that does not fit is told', () => {
  const schema = struct({
    id: { type: 'string' },
    list: { type: 'array', values: struct({ lat: { type: 'float64' } }) },
    map: { type: 'map', values: { type: 'int32' }, optional: true },
    kind: { type: 'string', parameters: { allowed: 'A,B' }, optional: true },
    fixed: { type: 'bytes', parameters: { size: '2' }, optional: true },
  })
  const list = [{ lat: 1 }]
  const cases: [unknown, string, string][] = [
    [{ list }, 'id', '"id" is missing.'],
    [{ id: null, list }, 'id', '"id" must be a string, not null.'],
    [{ id: 'a', list: [{ lat: 1 }, { lat: 'x' }] }, 'list[1].lat', '"list[1].lat" must be a float64, not "x".'],
    [{ id: 'a', list, map: { b: {} } }, 'map.b', '"map.b" must be an integer, not an object.'],
    [{ id: 'a', list, kind: 'C' }, 'kind', '"kind" must be one of A, B, not "C".'],
    [{ id: 'a', list, fixed: 'AAAA' }, 'fixed', '"fixed" must be 2 bytes, not 3.'],
    [{ id: 'a', list, more: 1 }, 'more', '"more" is not in the schema.'],
  ]
  for (const [json, field, message] of cases) {
    expect(misfit(schema, json)).toMatchObject({ message, context: { field } })
  }
})

test('a map whose keys are not strings is an array of pairs', () => {
  const schema: Schema = { type: 'map', keys: { type: 'int64' }, values: { type: 'string' } }
  expect(fromJson(schema, [['9007199254740993', 'a']])).toEqual([[9007199254740993n, 'a']])
  expect(misfit(schema, { a: 'b' }).message).toContain('array of [key, value]')
  expect(misfit(schema, [[1]]).context['field']).toBe('[0]')
  expect(misfit(schema, [[1, 2]]).context['field']).toBe('[0][1]')
})

test('fields of Object.prototype are no fields', () => {
  expect(misfit(struct(Object.fromEntries([['constructor', { type: 'string' }]])), {}).context['field']).toBe(
    'constructor',
  )
  expect(misfit(struct({}), JSON.parse('{"__proto__":1}')).context['field']).toBe('__proto__')
})
