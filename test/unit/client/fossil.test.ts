import * as fc from 'fast-check'
import { createDelta } from 'fossil-delta'
import { expect, test } from 'vitest'
import { applyDelta } from '../../../src/client/fossil.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const make = (base: Uint8Array, target: Uint8Array): Uint8Array =>
  Uint8Array.from(createDelta([...base], [...target]) as Iterable<number>)

test('makes of a base and a delta what another implementation made the delta for', () => {
  const piece = fc.constantFrom('{"id":"1430"', ',"lat":60.1', 'ä€😀', ',"long":24.9}', 'x'.repeat(40))
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => bytes(pieces.join('')))
  fc.assert(
    fc.property(text, text, (base, target) => {
      expect(applyDelta(base, make(base, target))).toEqual(target)
    }),
  )
})

test.each([
  ['another base', () => applyDelta(bytes('b'.repeat(40)), make(bytes('a'.repeat(40)), bytes('a'.repeat(41))))],
  ['a shorter base', () => applyDelta(bytes('a'), make(bytes('a'.repeat(40)), bytes('a'.repeat(41))))],
  ['no checksum', () => applyDelta(bytes(''), bytes('1\n1:a'))],
  ['an unknown command', () => applyDelta(bytes(''), bytes('1\n1!a'))],
  ['nothing', () => applyDelta(bytes(''), bytes(''))],
  ['a size that nobody can have', () => applyDelta(bytes(''), bytes('~~~~~~\n0;'))],
  ['a size that is not reached', () => applyDelta(bytes(''), bytes('2\n1:a1X0000;'))],
])('throws for %s', (_, apply) => {
  expect(apply).toThrow(RangeError)
})
