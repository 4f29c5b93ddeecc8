import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { parseProperties } from '../../../src/config/index.ts'

// The examples and rules of java.util.Properties.load(Reader).
test.each([
  ['Truth = Beauty', { Truth: 'Beauty' }],
  [' Truth:Beauty', { Truth: 'Beauty' }],
  ['Truth                    :Beauty', { Truth: 'Beauty' }],
  ['cheeses', { cheeses: '' }],
  ['fruits  apple, banana, \\\n        pear, \\\n        cantaloupe', { fruits: 'apple, banana, pear, cantaloupe' }],
  ['# a\n  ! b\n\n \t\f\na=1', { a: '1' }],
  ['a=1\r\nb=2\rc=3', { a: '1', b: '2', c: '3' }],
  ['a==b', { a: '=b' }],
  ['a = : b', { a: ': b' }],
  ['a b = c', { a: 'b = c' }],
  ['a\\ b\\=c\\:d=e', { 'a b=c:d': 'e' }],
  ['\\#a=1', { '#a': '1' }],
  ['a=b # not a comment', { a: 'b # not a comment' }],
  ['a=trailing  ', { a: 'trailing  ' }],
  ['a=\\t\\n\\r\\f\\\\\\q\\u0041\\u00e9', { a: '\t\n\r\f\\qAé' }],
  ['a=\\\\\nb=1', { a: '\\', b: '1' }],
  ['a=x\\\n# no comment', { a: 'x# no comment' }],
  ['a=x\\\n\n b=1', { a: 'x', b: '1' }],
  ['a=x\\', { a: 'x' }],
  ['a=1\na=2', { a: '2' }],
  ['ключ=значение 🚌', { ключ: 'значение 🚌' }],
  ['\uFEFFa=1', { a: '1' }],
  ['=x', { '': 'x' }],
  ['', {}],
])('%j', (text, expected) => {
  expect(parseProperties(text)).toEqual(expected)
})

test('a malformed escape is told with its line', () => {
  expect(() => parseProperties('a=1\n\nb=\\u12g4')).toThrow(ConfigError)
  expect(() => parseProperties('a=1\n\nb=\\u12g4')).toThrow('line 3')
})

const escape = (text: string) =>
  text.replace(/[^a-z]/gs, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

test('whatever is escaped comes back', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (key, value) => {
      expect(parseProperties(`${escape(key)}=${escape(value)}`)).toEqual(Object.fromEntries([[key, value]]))
    }),
  )
})
