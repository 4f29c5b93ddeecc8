import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { parsePath } from '../../../src/transforms/field-path.ts'

test.each([
  ['a', ['a']],
  ['a.b', ['a', 'b']],
  ['a..b', ['a', '', 'b']],
  ['a.', ['a', '']],
  ['`a.b`.c', ['a.b', 'c']],
  ['a.`b.c`', ['a', 'b.c']],
  ['`a`b`.c', ['a`b', 'c']],
  ['`a\\`.b`', ['a`.b']],
  ['a`b.c', ['a`b', 'c']],
  ['a[0]', ['a[0]']],
])('%s is read as KIP-821 says', (path, steps) => {
  expect(parsePath(path)).toEqual(steps)
})

test.each([
  ['a[0].b', ['a', 0, 'b']],
  ['a[0][12]', ['a', 0, 12]],
  ['[3].a', [3, 'a']],
  ['`a.b`[1]', ['a.b', 1]],
  ['a[x].b', ['a[x]', 'b']],
])('%s has indexes', (path, steps) => {
  expect(parsePath(path, { indexes: true })).toEqual(steps)
})

test.each(['`a', '`a.b', '`a\\`'])('%s has no end', (path) => {
  expect(() => parsePath(path)).toThrow(ConfigError)
})

test('any names come back from their quoted path', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !/[`\\]/.test(text))
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (names) => {
      expect(parsePath(names.map((one) => `\`${one}\``).join('.'))).toEqual(names)
    }),
  )
})
