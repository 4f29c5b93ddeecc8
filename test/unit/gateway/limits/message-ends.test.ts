import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMessageEnds } from '../../../../src/gateway/limits/message-ends.ts'
import { clientFrame } from '../../../support/raw-websocket.ts'

const arbitraryFrame = fc
  .record({
    size: fc.oneof(fc.nat(130), fc.constantFrom(0, 125, 126, 65_535, 65_536)),
    fin: fc.boolean(),
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    isMasked: fc.boolean(),
  })
  .map(({ size, fin, opcode, isMasked }) => ({
    // A frame of control is final.
    isEnd: opcode < 8 ? fin : undefined,
    bytes: clientFrame({
      payload: Buffer.alloc(size),
      fin: fin || opcode >= 8,
      opcode,
      ...(isMasked ? {} : { mask: null }),
    }),
  }))

test('a message is open from its first byte to the last of its last frame, whatever the pieces', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 20 })
  fc.assert(
    fc.property(fc.array(arbitraryFrame, { maxLength: 12 }), cuts, fc.nat(20), (frames, sizes, kept) => {
      const whole = Buffer.concat(frames.map(({ bytes }) => bytes))
      const cut = whole.subarray(0, Math.max(0, whole.length - kept))
      const ends = createMessageEnds()
      for (let at = 0, n = 0; at < cut.length; n++) {
        const size = sizes[n % Math.max(1, sizes.length)] ?? 7
        ends.took(cut.subarray(at, at + size))
        at += size
      }
      let [ended, left, isOpen] = [0, cut.length, false]
      for (const { bytes, isEnd } of frames) {
        if (left === 0) break
        if (left < bytes.length) {
          isOpen = true
          break
        }
        left -= bytes.length
        if (isEnd === undefined) continue
        isOpen = !isEnd
        if (isEnd) ended++
      }
      expect(ends.unended()).toBe(isOpen ? ended : undefined)
    }),
    { numRuns: 300 },
  )
})
