import { expect, test } from 'vitest'
import { toJson } from '#api'

test.each<[unknown, string]>([
  [{ a: 1, b: 'x', c: null, d: undefined, e: [undefined, true] }, '{"a":1,"b":"x","c":null,"e":[null,true]}'],
  [9007199254740991n, '9007199254740991'],
  [{ a: [-9007199254740992n] }, '{"a":["-9007199254740992"]}'],
  [{ a: { b: 2n ** 63n - 1n } }, '{"a":{"b":"9223372036854775807"}}'],
  [Buffer.from([0, 255]), '"AP8="'],
  [{ a: [Buffer.from([0, 255])] }, '{"a":["AP8="]}'],
  [[Number.NaN, Number.POSITIVE_INFINITY, -0], '["NaN","Infinity",0]'],
  [{ at: new Date(0), big: 2n ** 60n }, '{"at":"1970-01-01T00:00:00.000Z","big":"1152921504606846976"}'],
  [undefined, 'null'],
])('%o is %s', (value, text) => {
  expect(toJson(value)).toBe(text)
})
