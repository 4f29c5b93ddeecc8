const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~'
const values = new Map(Array.from(digits, (digit, value) => [digit.charCodeAt(0), value]))
const [at, colon, comma, semicolon, newline] = [64, 58, 44, 59, 10]

/** The most bytes that a delta may make. */
const mostBytes = 64 * 1024 * 1024

/**
 * Applies a Fossil delta: the size of the result and a newline, then copies `<size>@<offset>,` and inserts `<size>:<bytes>`, at the end
 * `<checksum>;`, all numbers in base 64. Throws a `RangeError` when it does not fit the base.
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  let place = 0
  const number = (): number => {
    let result = 0
    for (; place < delta.length; place++) {
      const value = values.get(delta[place] ?? -1)
      if (value === undefined) break
      result = result * 64 + value
    }
    return result
  }
  const expect = (byte: number): void => {
    if (delta[place++] !== byte) throw new RangeError('The delta is malformed.')
  }

  const size = number()
  expect(newline)
  if (size > mostBytes) throw new RangeError(`The delta makes ${size} bytes, more than ${mostBytes}.`)
  const result = new Uint8Array(size)
  let filled = 0
  const append = (from: Uint8Array, start: number, count: number): void => {
    if (start + count > from.length || filled + count > size) throw new RangeError('The delta does not fit its base.')
    result.set(from.subarray(start, start + count), filled)
    filled += count
  }
  while (place < delta.length) {
    const count = number()
    const command = delta[place++]
    if (command === at) {
      const offset = number()
      expect(comma)
      append(base, offset, count)
    } else if (command === colon) {
      append(delta, place, count)
      place += count
    } else if (command === semicolon) {
      if (filled !== size || count !== checksum(result)) throw new RangeError('The delta has another base.')
      return result
    } else break
  }
  throw new RangeError('The delta is malformed.')
}

/** The sum of its big-endian 32-bit words, the last one filled up with zeros. */
function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length - (bytes.length % 4)
  let sum = 0
  for (let place = 0; place < whole; place += 4) sum = (sum + view.getUint32(place)) >>> 0
  for (let place = whole; place < bytes.length; place++)
    sum = (sum + (bytes[place] ?? 0) * 2 ** (24 - 8 * (place - whole))) >>> 0
  return sum
}
