import fc from 'fast-check'
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
  ['\\p{Punct}+', '.-_', true],
  ['[\\p{Alpha}_]+', 'a_B', true],
  ['\\P{Digit}', '5', false],
  ['\\pL\\-x', 'é-x', true],
  ['\\p{IsL}', 'é', true],
  ['(?!__).*', '__hidden', false],
  ['(?!__).*', 'shown', true],
  ['(a)\\1', 'aa', true],
  ['[]a]+', 'a]', true],
  ['[\\Qa-c\\E]', 'b', false],
])('%s on %j: %j', (source, text, matches) => {
  expect(javaRegex(source, { whole: true }).test(text)).toBe(matches)
})

test('without whole it finds anywhere, and remembers nothing', () => {
  const regex = javaRegex('b')
  expect([regex.test('abc'), regex.test('abc')]).toEqual([true, true])
})

test('what JavaScript cannot do is refused', () => {
  for (const source of [
    '(',
    'a++',
    '(?x)a',
    'a)(b',
    '[a-z&&[^x]]',
    '[[a-c]x]',
    '\\h',
    '\\x{61}',
    '\\Ga',
    '\\R',
    'a(?i)b',
    '(?>a)',
  ])
    expect(() => javaRegex(source)).toThrow(SyntaxError)
})

test('takes a text that would make it try for ever in a time that grows with its length alone', () => {
  expect(javaRegex('(a+)+$', { whole: true }).test(`${'a'.repeat(5000)}!`)).toBe(false)
})

const topicLike = fc.stringMatching(/^[a-cA-C._-]{0,12}$/)

test('in linear time it answers as with backtracking', () => {
  const pieces = fc.constantFrom('a', '[ab]', '(b|c)', '.', '\\.', 'a*', '(ab)+', 'c?', '[^a]', '\\w+', '-', '(?:a|)')
  fc.assert(
    fc.property(
      fc.array(pieces, { minLength: 1, maxLength: 6 }),
      topicLike,
      fc.boolean(),
      (parts, text, ignoreCase) => {
        const source = `${ignoreCase ? '(?i)' : ''}${parts.join('')}`
        const backtracking = new RegExp(javaRegex(source, { whole: true }).source, ignoreCase ? 'i' : '')
        expect(javaRegex(source, { whole: true }).test(text)).toBe(backtracking.test(text))
      },
    ),
  )
})
