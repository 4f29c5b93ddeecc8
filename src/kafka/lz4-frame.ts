const magic = 0x184d2204
/** By the id in the frame's header: 64 KB, 256 KB, 1 MB, 4 MB. */
const blockSizes: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 }
/** One byte of a compressed block stands for this many at most. */
const mostOfOne = 255

/**
 * Throws when an lz4 frame can unpack to more than the limit, or this is no frame: by the size that its header states, and by its blocks, since
 * the library unpacks all before it looks whether the stated size is true.
 */
export function checkLz4(data: Buffer, limit: number): void {
  if (data.readUInt32LE(0) !== magic) throw new RangeError('it does not begin as lz4 does')
  const flags = data.readUInt8(4)
  const blockSize = blockSizes[(data.readUInt8(5) >> 4) & 7]
  if (blockSize === undefined) throw new RangeError('it names no size of blocks that lz4 has')
  const hasSize = (flags & 0x08) !== 0
  if (hasSize && data.readBigUInt64LE(6) > BigInt(limit)) refuse(limit)
  let at = 7 + (hasSize ? 8 : 0) + ((flags & 0x01) === 0 ? 0 : 4)
  for (let bound = 0; ; ) {
    const header = data.readUInt32LE(at)
    if (header === 0) return
    const size = header & 0x7fffffff
    const isPlain = header >>> 31 === 1
    bound += Math.min(blockSize, isPlain ? size : size * mostOfOne)
    if (bound > limit) refuse(limit)
    at += 4 + size + ((flags & 0x10) === 0 ? 0 : 4)
  }
}

function refuse(limit: number): never {
  throw new RangeError(`it unpacks to more than ${limit} bytes`)
}
