import { expect, test } from 'vitest'
import { javaRegex } from '../../../src/util/java-regex.ts'

test.each([
  ['a|b', 'ab', false],
  ['a|b', 'b', true],
  ['(?i)a', 'A', true],
  ['\\p{L}+', 'é', true],
  ['\\Qa+\\E', 'a+', true],
  ['\\Qa+', 'a+', true],
  ['\\\\A', '\\A', true],
  ['a.b', 'a\nb', false],
  ['(?s)a.b', 'a\nb', true],
])('%s on %j: %j', (source, text, matches) => {
  expect(javaRegex(source, { whole: true }).test(text)).toBe(matches)
})

test('without whole it finds anywhere, and remembers nothing', () => {
  const regex = javaRegex('b')
  expect([regex.test('abc'), regex.test('abc')]).toEqual([true, true])
})

test('what JavaScript cannot do is refused', () => {
  for (const source of ['(', 'a++', '(?x)a', 'a)(b']) expect(() => javaRegex(source)).toThrow(SyntaxError)
})
