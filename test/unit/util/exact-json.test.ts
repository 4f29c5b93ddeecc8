import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExactly, stringifyExactly } from '../../../src/util/exact-json.ts'

test('integers of any size survive, and look-alikes in strings and fractions stay what they are', () => {
  const text =
    '{"a":12345678901234567890,"b":"12345678901234567890","c":0.12345678901234567890,"d":[-9007199254740993,1e3]}'
  expect(parseExactly(text)).toEqual({
    a: 12345678901234567890n,
    b: '12345678901234567890',
    c: 0.12345678901234568,
    d: [-9007199254740993n, 1000],
  })
})

test('writing and reading gives the same value', () => {
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc
        .bigInt(-(2n ** 70n), 2n ** 70n)
        .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) || 0 : value)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any')),
      fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(any, (value) => {
      expect(parseExactly(stringifyExactly(value))).toEqual(value)
    }),
  )
})

test('what JSON leaves out is left out beside a large integer too', () => {
  expect(stringifyExactly({ a: 2n ** 60n, b: undefined, c: [undefined], d: new Date(0) })).toBe(
    '{"a":1152921504606846976,"c":[null],"d":"1970-01-01T00:00:00.000Z"}',
  )
  expect(stringifyExactly(undefined)).toBe('null')
})

test('malformed text is told with its place', () => {
  expect(() => parseExactly('{"a":1,\n}')).toThrow('line 2')
  expect(() => parseExactly('{"a":1234567890123456,\n}')).toThrow('line 2')
})

test('a number of absurd length is no reason to stop', () => {
  expect(parseExactly(`[${'9'.repeat(100_000)}]`)).toEqual([Number.POSITIVE_INFINITY])
})
