import { array, assert, constantFrom, json, property } from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../../src/util/parse-json.ts'

const accepts = (parse: () => unknown) => {
  try {
    parse()
    return true
  } catch {
    return false
  }
}

test('reads what JSON.parse reads', () => {
  assert(
    property(json(), constantFrom(undefined, 2, '\t'), (text, indent) => {
      const value: unknown = JSON.parse(text)
      expect(parseJson(JSON.stringify(value, null, indent))).toEqual(value)
    }),
  )
})

test('refuses what JSON.parse refuses', () => {
  const pieces = constantFrom(...Array.from('{}[],:"\\ \n0123-+.eEtruefalsn'), 'true', 'null', '"a"', '1.5e3', '\u0001')
  assert(
    property(array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      expect(accepts(() => parseJson(text))).toBe(accepts(() => JSON.parse(text)))
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['', 'Expected a value but the text ends at line 1, column 1'],
  ['{\n  "a": 1,\n}', 'Expected a key in double quotes but found } at line 3, column 1'],
  ['{"a" 1}', 'Expected a colon after the key but found 1 at line 1, column 6'],
  ['{"a": 1 "b": 2}', 'Expected a comma or } but found " at line 1, column 9'],
  ['[1 2]', 'Expected a comma or ] but found 2 at line 1, column 4'],
  ['{"a": "b}', 'Unterminated string at line 1, column 7'],
  ['["\\x"]', 'String with a control character or an escape that JSON does not know at line 1, column 2'],
  ['{} 🚌', 'Expected the end of the text but found 🚌 at line 1, column 4'],
  ['['.repeat(102), 'Nested deeper than 100 at line 1, column 102'],
])('says what is wrong with %s', (text, message) => {
  expect(() => parseJson(text)).toThrow(new SyntaxError(message))
})

test('hands numbers over as they were written', () => {
  const literals = ['1.0', '12345678901234567890', '-0', '1e400']
  expect(parseJson(`[${literals.join(',')}]`, (literal) => literal)).toEqual(literals)
})

test('skips a byte order mark, and keeps a key that is called __proto__', () => {
  expect(Object.entries(parseJson('\uFEFF{"__proto__": {"a": 1}}') as object)).toEqual([['__proto__', { a: 1 }]])
})

test('reads long strings', () => {
  const value = { escaped: '"\n'.repeat(500_000) }
  expect(parseJson(JSON.stringify(value))).toEqual(value)
})
