import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, expectTypeOf, test } from 'vitest'
import {
  atLeast,
  ConfigError,
  type ConfigOf,
  type ConfigType,
  defineConfig,
  distinct,
  nonEmpty,
  type Password,
} from '#api'

const def = defineConfig({
  topic: { type: 'string', importance: 'high', doc: 'The topic.', validator: nonEmpty },
  mode: { type: 'string', importance: 'low', default: 'none', values: ['none', 'all'], doc: 'The mode.' },
  size: { type: 'int', importance: 'low', default: null, validator: atLeast(1), doc: 'The size.' },
  names: { type: 'list', importance: 'low', default: [], doc: 'Names.' },
  secret: { type: 'password', importance: 'low', default: null, doc: 'A secret.' },
})

const parseOne = (type: ConfigType, text: string): unknown =>
  defineConfig({ x: { type, importance: 'low', doc: '' } }).parse({ x: text }).x

test('one declaration gives the types', () => {
  expectTypeOf<ConfigOf<typeof def>>().toEqualTypeOf<{
    readonly topic: string
    readonly mode: 'none' | 'all'
    readonly size: number | null
    readonly names: readonly string[]
    readonly secret: Password | null
  }>()
})

test('parses, with defaults, and leaves foreign keys alone', () => {
  expect(def.parse({ topic: ' t ', size: '3', names: 'a , b', other: 'x' })).toEqual({
    topic: 't',
    mode: 'none',
    size: 3,
    names: ['a', 'b'],
    secret: null,
  })
  expect(def.parse({ topic: 't', size: null, mode: undefined })).toMatchObject({ size: null, mode: 'none' })
})

test.each([
  ['boolean', 'TRUE', true],
  ['boolean', ' false ', false],
  ['int', '+7', 7],
  ['int', '-2147483648', -2147483648],
  ['short', '32767', 32767],
  ['long', '9007199254740991', 9007199254740991],
  ['double', '1e3', 1000],
  ['double', '1.5f', 1.5],
  ['double', 'NaN', Number.NaN],
  ['double', '-Infinity', -Infinity],
  ['list', '', []],
  ['list', 'a,,b', ['a', '', 'b']],
  ['class', ' a.B ', 'a.B'],
] as const)('the %s %j is read', (type, text, expected) => {
  expect(parseOne(type, text)).toEqual(expected)
})

test.each([
  ['boolean', 'yes', 'Expected value to be either true or false'],
  ['int', '2147483648', 'Not a number of type INT'],
  ['int', '1.5', 'Not a number of type INT'],
  ['short', '32768', 'Not a number of type SHORT'],
  ['long', '9223372036854775808', 'Not a number of type LONG'],
  ['long', '', 'Not a number of type LONG'],
  ['double', '0x10', 'Not a number of type DOUBLE'],
  ['double', '', 'Not a number of type DOUBLE'],
] as const)('the %s %j is refused in Kafka\u2019s words', (type, text, message) => {
  expect(() => parseOne(type, text)).toThrow(`Invalid value ${text} for configuration x: ${message}`)
})

test('every int comes back from its text', () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      expect(parseOne('int', String(value))).toBe(value)
    }),
  )
})

test('names everything that is wrong at once', () => {
  const parsing = () => def.parse({ mode: 'some', size: '0' })
  expect(parsing).toThrow(ConfigError)
  expect(parsing).toThrow(
    expect.objectContaining({
      status: 400,
      context: { errors: [expect.any(String), expect.any(String), expect.any(String)] },
    }),
  )
  expect(def.validate({ mode: 'some', size: '0' }).flatMap(({ errors }) => errors)).toEqual([
    'Missing required configuration "topic" which has no default value.',
    'Invalid value some for configuration mode: String must be one of: none, all',
    'Invalid value 0 for configuration size: Value must be at least 1',
  ])
})

test('validate offers the values that a key recommends, given the other properties, and says what a form should show', () => {
  const offering = defineConfig({
    a: {
      type: 'string',
      importance: 'low',
      default: '',
      doc: '',
      recommended: (props) => [`${props['b']}!`],
      visible: (props) => props['b'] !== 'hide',
    },
  })
  expect(offering.validate({ b: 'x' })[0]).toMatchObject({ recommendedValues: ['x!'], visible: true })
  expect(offering.validate({ b: 'hide' })[0]?.visible).toBe(false)
})

test.each([
  ['int', ' +7 ', '7'],
  ['long', '9223372036854775807', '9223372036854775807'],
  ['boolean', 'TRUE', 'true'],
  ['list', ' a , b ', 'a,b'],
  ['double', '1', '1.0'],
  ['double', '12345678', '1.2345678E7'],
  ['double', '0.0001', '1.0E-4'],
  ['password', 'x', '[hidden]'],
  ['int', 'x', null],
] as const)('the %s %j is printed as Kafka prints it', (type, text, printed) => {
  expect(defineConfig({ x: { type, importance: 'low', doc: '' } }).validate({ x: text })[0]?.text).toBe(printed)
})

test('a list that has to be distinct is refused by validate, and parse drops what is repeated', () => {
  const lists = defineConfig({ x: { type: 'list', importance: 'low', default: [], validator: distinct(), doc: '' } })
  expect(lists.validate({ x: 'a,b,a' })[0]?.errors).toEqual(["Configuration 'x' values must not be duplicated."])
  expect(lists.validate({ x: 'a,,b' })[0]?.errors).toEqual(["Configuration 'x' values must not be empty."])
  expect(lists.parse({ x: 'a,b,a' }).x).toEqual(['a', 'b'])
  const some = defineConfig({ x: { type: 'list', importance: 'low', validator: distinct({ empty: false }), doc: '' } })
  expect(() => some.parse({ x: '' })).toThrow("Configuration 'x' must not be empty.")
})

test('an error quotes a list as Java does', () => {
  const picky = defineConfig({ x: { type: 'list', importance: 'low', doc: '', validator: () => 'no' } })
  expect(() => picky.parse({ x: 'a,b' })).toThrow('Invalid value [a, b] for configuration x: no')
})

test('a password never prints, not even when it is wrong', () => {
  const { secret } = def.parse({ topic: 't', secret: 'hunter2' })
  expect([String(secret), JSON.stringify({ secret }), inspect({ secret })].join()).not.toContain('hunter2')
  expect(secret?.reveal()).toBe('hunter2')
  const picky = defineConfig({ p: { type: 'password', importance: 'low', doc: '', validator: () => 'too short' } })
  expect(() => picky.parse({ p: 'hunter2' })).toThrow('Invalid value [hidden] for configuration p: too short')
})
