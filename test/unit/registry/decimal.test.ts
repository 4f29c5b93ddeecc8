import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalBytes, decimalText } from '../../../src/registry/index.ts'

test.each([
  ['0', 0, '00'],
  ['0.00', 2, '00'],
  ['1.27', 2, '7f'],
  ['1.28', 2, '0080'],
  ['-1.28', 2, '80'],
  ['-1.29', 2, 'ff7f'],
  ['-0.01', 2, 'ff'],
])('%s with the scale %i is what Java writes', (text, scale, hex) => {
  const bytes = decimalBytes(text, scale)
  expect(bytes.toString('hex')).toBe(hex)
  expect(decimalText(bytes, scale)).toBe(text)
})

test('any digits survive, in as few bytes as can hold them', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat({ max: 20 }), (unscaled, scale) => {
      const bytes = decimalBytes(decimalText(minimal(unscaled), scale), scale)
      expect(bytes).toEqual(minimal(unscaled))
    }),
  )
})

/** Told apart from the code under test: by trying sizes. */
function minimal(value: bigint): Buffer {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )
}

test.each(['', '1e5', 'x', '1.2.3', '--1', null, {}, Number.NaN])('%j is no decimal', (value) => {
  expect(() => decimalBytes(value, 2)).toThrow('not a decimal')
})

test('digits beyond the scale are not cut off, zeros are', () => {
  expect(() => decimalBytes('1.234', 2)).toThrow('more than 2 digits')
  expect(decimalText(decimalBytes('1.2300', 2), 2)).toBe('1.23')
  expect(decimalText(decimalBytes(5, 2), 2)).toBe('5.00')
})
