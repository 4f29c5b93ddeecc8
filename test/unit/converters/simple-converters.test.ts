import { expect, test } from 'vitest'
import { DataError } from '#api'
import { byteArrayConverter } from '../../../src/converters/byte-array-converter.ts'
import { stringConverter } from '../../../src/converters/string-converter.ts'
import { testConverter } from '../../conformance/converter.ts'
import { quietLog } from '../../support/quiet.ts'

const text = (props = {}) =>
  stringConverter.create({ config: stringConverter.config.parse(props), isKey: false, log: quietLog })
const bytes = () =>
  byteArrayConverter.create({ config: byteArrayConverter.config.parse({}), isKey: false, log: quietLog })

testConverter({
  plugin: stringConverter,
  topic: 't',
  create: () => text(),
  samples: [
    { title: 'a text', schema: { type: 'string' }, value: 'Grüße' },
    { title: 'a text without a schema', schema: undefined, value: '' },
    {
      title: 'a large number',
      schema: { type: 'int64' },
      value: 9223372036854775807n,
      readBack: '9223372036854775807',
    },
    {
      title: 'an object',
      schema: undefined,
      value: { a: [1, 2n ** 60n] },
      readBack: '{"a":[1,"1152921504606846976"]}',
    },
    { title: 'a boolean', schema: undefined, value: false, readBack: 'false' },
  ],
})

testConverter({
  plugin: byteArrayConverter,
  topic: 't',
  create: bytes,
  samples: [
    { title: 'bytes', schema: { type: 'bytes' }, value: Buffer.from([0, 255]) },
    { title: 'no bytes', schema: undefined, value: Buffer.alloc(0) },
  ],
  refused: [{ value: 'text' }, { value: 5 }, { schema: { type: 'string' }, value: null }],
})

test('text is read as optional string', () => {
  expect(text().toConnectData('t', null)).toEqual({ schema: { type: 'string', optional: true }, value: null })
})

test.each([
  ['UTF-8', 'c3bc'],
  ['ISO-8859-1', 'fc'],
  ['utf-16le', 'fc00'],
])('ü is in %s %s', (encoding, hex) => {
  const converter = text({ 'converter.encoding': encoding })
  expect(converter.fromConnectData('t', undefined, 'ü')).toEqual(Buffer.from(hex, 'hex'))
  expect(converter.toConnectData('t', Buffer.from(hex, 'hex'))).toMatchObject({ value: 'ü' })
})

test('an encoding that is not known is refused', () => {
  expect(() => text({ 'converter.encoding': 'EBCDIC' })).toThrow('converter.encoding')
})

test('bytes are passed on, not copied', () => {
  const value = Buffer.from('x')
  expect(bytes().fromConnectData('t', undefined, value)).toBe(value)
  expect(() => bytes().fromConnectData('t', undefined, 'x')).toThrow(DataError)
})
