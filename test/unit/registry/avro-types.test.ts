import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileAvro, explainMisfit } from '../../../src/registry/index.ts'
import { schemaAndValue } from '../../support/arbitrary-avro.ts'

const typeOf = (json: unknown) => compileAvro(JSON.stringify(json)).type
const roundTrip = (json: unknown, value: unknown) => typeOf(json).fromBuffer(typeOf(json).toBuffer(value))

test('every value of every schema is read as it was written', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ json, value }) => {
      expect(roundTrip(json, value)).toEqual(value)
    }),
    { numRuns: 500 },
  )
})

test('damaged bytes are read as something or refused, without delay', () => {
  const outcomes = { read: 0, refused: 0 }
  fc.assert(
    fc.property(schemaAndValue, fc.nat(), fc.nat({ max: 255 }), ({ json, value }, at, byte) => {
      const type = typeOf(json)
      const bytes = type.toBuffer(value)
      if (bytes.length > 0) bytes[at % bytes.length] = byte
      for (const damaged of [bytes, bytes.subarray(0, at % (bytes.length + 1))]) outcomes[outcomeOf(type, damaged)]++
    }),
    { numRuns: 500 },
  )
  expect(outcomes.read + outcomes.refused).toBe(1000)
  expect(outcomes.refused).toBeGreaterThan(100)
})

function outcomeOf(type: ReturnType<typeof typeOf>, bytes: Buffer): 'read' | 'refused' {
  try {
    return type.decode(bytes, 0).offset === bytes.length ? 'read' : 'refused'
  } catch {
    return 'refused'
  }
}

test.each([0n, 1n, -1n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n])(
  'a long of %s keeps its digits, is a number where that is exact, and may be given as either',
  (magnitude) => {
    for (const value of [magnitude, -magnitude, -magnitude - 1n]) {
      const number = Number(value)
      const expected = Number.isSafeInteger(number) ? number : value
      expect(roundTrip('long', value)).toBe(expected)
      expect(roundTrip(['null', 'long'], expected)).toBe(expected)
    }
  },
)

test.each([2n ** 63n, -(2n ** 63n) - 1n, 2 ** 53, 1.5, '1', null])('a long is not %s', (value) => {
  expect(() => typeOf('long').toBuffer(value)).toThrow('not a long')
  expect(typeOf('long').isValid(value)).toBe(false)
})

test('an int that takes more than 32 bits and a long that takes more than 64 are refused', () => {
  expect(() => typeOf('int').fromBuffer(typeOf('long').toBuffer(2 ** 31))).toThrow('32 bits')
  expect(() => typeOf('long').fromBuffer(Buffer.alloc(12, 0xff))).toThrow('64 bits')
})

test.each([
  ['an array of nulls', { type: 'array', items: 'null' }],
  ['an array of longs', { type: 'array', items: 'long' }],
  ['a map', { type: 'map', values: 'null' }],
])('%s cannot claim more items than its bytes hold', (_title, json) => {
  const count = typeOf('long').toBuffer(2n ** 50n)
  expect(() => typeOf(json).decode(count, 0)).toThrow('items')
})

test('a block that a reader skips cannot lead it back', () => {
  const writer = typeOf({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'skipped', type: { type: 'array', items: 'int' } },
      { name: 'kept', type: 'int' },
    ],
  })
  const reader = typeOf({ type: 'record', name: 'R', fields: [{ name: 'kept', type: 'int' }] })
  const resolver = reader.createResolver(writer)
  expect(reader.fromBuffer(writer.toBuffer({ skipped: [1, 2], kept: 3 }), resolver)).toEqual({ kept: 3 })
  const backwards = Buffer.concat([typeOf('long').toBuffer(-1), typeOf('long').toBuffer(-2)])
  expect(() => reader.decode(backwards, 0, resolver)).toThrow('bytes')
})

test('decoded records are plain objects', () => {
  const record = roundTrip({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] }, { a: 1 })
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
})

test('a map may have the key __proto__', () => {
  const value: unknown = JSON.parse('{"__proto__":1,"constructor":2}')
  const read = roundTrip({ type: 'map', values: 'int' }, value) as object
  expect(Object.entries(read)).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ])
})

test('an enum does not take the names of Object.prototype', () => {
  const type = typeOf({ type: 'enum', name: 'E', symbols: ['A'] })
  expect(type.isValid('constructor')).toBe(false)
  expect(() => type.toBuffer('constructor')).toThrow('not a symbol')
})

test('a union of several types is written by the branch that is named, or the only one that fits', () => {
  const json = ['null', 'string', 'long', { type: 'record', name: 'n.R', fields: [{ name: 'a', type: 'int' }] }]
  for (const [given, read] of [
    [{ string: 'x' }, { string: 'x' }],
    ['x', { string: 'x' }],
    [{ long: null, string: 'x' }, { string: 'x' }],
    [2n ** 60n, { long: 2n ** 60n }],
    [{ a: 1 }, { 'n.R': { a: 1 } }],
    [{ 'n.R': { a: 1 } }, { 'n.R': { a: 1 } }],
    [undefined, null],
  ]) {
    expect(roundTrip(json, given)).toEqual(read)
  }
  expect(() => typeOf(['int', 'long', 'string']).toBuffer(1)).toThrow('not one of')
})

test('defaults of every kind are written for what is absent', () => {
  const json = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'wide', type: 'long', default: 'WIDE' },
      { name: 'large', type: 'double', default: 'LARGE' },
      { name: 'bytes', type: 'bytes', default: 'ÿ\u0001' },
      {
        name: 'price',
        type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
        default: '\u0001\u0000',
      },
      { name: 'optional', type: ['null', 'string'], default: null },
      { name: 'second', type: ['null', 'string'], default: '' },
      { name: 'either', type: ['int', 'string'], default: 7 },
      { name: 'list', type: { type: 'array', items: 'int' }, default: [1] },
      { name: 'map', type: { type: 'map', values: 'int' }, default: { a: 1 } },
      { name: 'absent', type: ['null', 'int'] },
    ],
  }
  const text = JSON.stringify(json).replace('"WIDE"', '9223372036854775807').replace('"LARGE"', '100000000000000000001')
  const { type } = compileAvro(text)
  expect(type.fromBuffer(type.toBuffer({}))).toEqual({
    wide: 9223372036854775807n,
    large: 1e20,
    bytes: Buffer.from([255, 1]),
    price: '2.56',
    optional: null,
    second: '',
    either: { int: 7 },
    list: [1],
    map: { a: 1 },
    absent: null,
  })
})

test.each([
  ['int', 'long', 5, 5],
  ['int', 'double', 5, 5],
  ['long', 'double', 2 ** 40, 2 ** 40],
  ['int', ['null', 'long'], 5, 5],
  ['string', ['bytes', 'string'], 'x', { string: 'x' }],
  [['null', 'string'], ['null', 'string', 'int'], 'x', { string: 'x' }],
  [['null', 'string', 'long'], ['null', 'string', 'long', 'int'], { long: 5 }, { long: 5 }],
  ['long', ['float', 'long'], 5, { long: 5 }],
  [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, 'bytes', '1.00', Buffer.from([100])],
  ['bytes', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, Buffer.from([100]), '1.00'],
  [{ type: 'array', items: 'int' }, { type: 'array', items: 'long' }, [1, 2], [1, 2]],
])('what was written as %j is read as %j', (writer, reader, value, read) => {
  const readerType = typeOf(reader)
  const resolver = readerType.createResolver(typeOf(writer), { ignoreNamespaces: true })
  expect(readerType.fromBuffer(typeOf(writer).toBuffer(value), resolver)).toEqual(read)
})

test('a value that does not fit is explained by its path', () => {
  const type = typeOf({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'position', type: { type: 'record', name: 'P', fields: [{ name: 'latitude', type: 'double' }] } },
      { name: 'id', type: ['null', 'string'], default: null },
    ],
  })
  expect(explainMisfit(type, { position: { latitude: 1 } })).toBeUndefined()
  expect(explainMisfit(type, { position: { latitude: 'x' } })).toMatchObject({
    message: '"position.latitude" must be of the Avro type double, not "x".',
    context: { field: 'position.latitude' },
  })
  expect(explainMisfit(type, { position: {} })?.message).toBe('"position.latitude" is missing.')
  expect(explainMisfit(type, { position: { latitude: 1 }, id: 5 })?.context['field']).toBe('id')
  expect(explainMisfit(type, { position: { latitude: 1 }, more: 1 })).toBeUndefined()
  expect(explainMisfit(type, { position: { latitude: 1 }, more: 1 }, { strict: true })?.message).toBe(
    'The value has a field "more" that the schema does not have.',
  )
  expect(explainMisfit(type, null)?.message).toContain('must be of the Avro type R')
})

test.each([
  ['{"type":"record"', 'line 1'],
  ['{"type":"recrod","name":"R"}', 'recrod'],
  ['"strin"', 'strin'],
  ['{"type":"record","name":"R","fields":[{"name":"__proto__","type":"int"}]}', '__proto__'],
  ['null', 'null'],
  ['{"type":"array"}', 'items'],
])('%s is no schema', (text, problem) => {
  expect(() => compileAvro(text)).toThrow(problem)
})
