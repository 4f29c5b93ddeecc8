const mark = Buffer.from('"at":')
/** A mark and its number; what is cut off is kept until the rest has come. */
const longest = mark.length + 20

/**
 * Finds `"at":1795296510004.12` wherever a message has it, in frames of any protocol, and tells the number. Keeps nothing but what a read
 * has cut through.
 */
export function createMarkReader(onMark: (at: number) => void): (bytes: Uint8Array, length: number) => void {
  let rest: Buffer | undefined
  return (bytes, length) => {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    const all = rest ? Buffer.concat([rest, fresh]) : fresh
    rest = undefined
    let from = 0
    for (;;) {
      const found = all.indexOf(mark, from)
      if (found === -1) {
        const tail = Math.max(from, all.length - mark.length + 1)
        if (tail < all.length) rest = Buffer.from(all.subarray(tail))
        return
      }
      const end = endOfNumber(all, found + mark.length)
      if (end === all.length && end - found < longest) {
        rest = Buffer.from(all.subarray(found))
        return
      }
      onMark(Number(all.toString('latin1', found + mark.length, end)))
      from = end
    }
  }
}

function endOfNumber(bytes: Buffer, from: number): number {
  let at = from
  // Digits and the point between them.
  for (let byte = bytes[at]; byte !== undefined && byte >= 0x2e && byte <= 0x39; byte = bytes[at]) at++
  return at
}
