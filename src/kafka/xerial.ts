/** Java frames snappy its own way (xerial): a header, then blocks, each after its length. */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const header = Buffer.concat([magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const blockSize = 32_768

export async function toXerial(data: Buffer, compress: (block: Buffer) => Promise<Buffer>): Promise<Buffer> {
  const blocks: Promise<Buffer>[] = []
  for (let at = 0; at < data.length; at += blockSize) blocks.push(compress(data.subarray(at, at + blockSize)))
  const parts = (await Promise.all(blocks)).flatMap((block) => [lengthOf(block), block])
  return Buffer.concat([header, ...parts])
}

/** The snappy blocks of a batch: those in Java's frame, or all of it, as librdkafka writes. Throws when they would unpack to too much. */
export function snappyBlocks(data: Buffer, limit: number): readonly Buffer[] {
  const blocks: Buffer[] = []
  if (!data.subarray(0, magic.length).equals(magic)) blocks.push(data)
  else {
    for (let at = header.length; at < data.length; ) {
      const length = data.readUInt32BE(at)
      at += 4 + length
      if (at > data.length) throw new RangeError('a block ends after the batch')
      blocks.push(data.subarray(at - length, at))
    }
  }
  if (blocks.reduce((sum, block) => sum + unpackedLength(block), 0) > limit)
    throw new RangeError(`it unpacks to more than ${limit} bytes`)
  return blocks
}

function lengthOf(block: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(block.length)
  return length
}

/** A block begins with its unpacked length as a varint. */
function unpackedLength(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block.readUInt8(index)
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw new RangeError('a block has no length')
}
