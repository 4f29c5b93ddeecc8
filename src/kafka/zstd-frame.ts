const magic = 0xfd2fb528
const blockLimit = 131_072

/**
 * The most that a zstd frame can unpack to (RFC 8878 §3.1.1): the size that its header says, else its number of blocks times the largest.
 * Java writes no size, and the library needs to know how much room to make. Throws when it is above the limit, or this is no frame.
 */
export function zstdBound(data: Buffer, limit: number): number {
  if (data.readUInt32LE(0) !== magic) throw new RangeError('it does not begin as zstd does')
  const descriptor = data.readUInt8(4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes
  const bound = sizeBytes > 0 ? statedSize(data, sizeAt, sizeBytes) : blocksFrom(data, sizeAt) * blockLimit
  if (bound > limit) throw new RangeError(`it unpacks to more than ${limit} bytes`)
  return bound
}

function statedSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(data.readBigUInt64LE(at))
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function blocksFrom(data: Buffer, start: number): number {
  for (let at = start, blocks = 1; ; blocks++) {
    const block = data.readUIntLE(at, 3)
    // A block of one repeated byte holds that byte alone.
    at += 3 + (((block >> 1) & 3) === 1 ? 1 : block >> 3)
    if ((block & 1) === 1) return blocks
  }
}
