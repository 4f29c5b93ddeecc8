import { DataError } from '#api'

/** Writes Kafka's primitive types (big endian) one after another. */
export interface ByteWriter {
  int16(value: number): ByteWriter
  int32(value: number): ByteWriter
  int64(value: bigint): ByteWriter
  /** Its length in two bytes. */
  string(value: string): ByteWriter
  nullableBytes(value: Buffer | undefined): ByteWriter
  array<T>(items: readonly T[], write: (to: ByteWriter, item: T) => void): ByteWriter
  bytes(): Buffer
}

const longest = 0x7fff

export function byteWriter(): ByteWriter {
  const parts: Buffer[] = []
  const part = (size: number, fill: (buffer: Buffer) => void): ByteWriter => {
    const buffer = Buffer.alloc(size)
    fill(buffer)
    parts.push(buffer)
    return writer
  }
  const writer: ByteWriter = {
    int16: (value) => part(2, (buffer) => buffer.writeInt16BE(value)),
    int32: (value) => part(4, (buffer) => buffer.writeInt32BE(value)),
    int64: (value) => part(8, (buffer) => buffer.writeBigInt64BE(value)),
    string(value) {
      const text = Buffer.from(value)
      if (text.length > longest)
        throw new DataError(`A name of ${text.length} bytes cannot be told to the group: ${longest} is the most.`)
      writer.int16(text.length)
      parts.push(text)
      return writer
    },
    nullableBytes(value) {
      writer.int32(value ? value.length : -1)
      if (value) parts.push(value)
      return writer
    },
    array(items, write) {
      writer.int32(items.length)
      for (const item of items) write(writer, item)
      return writer
    },
    bytes: () => Buffer.concat(parts),
  }
  return writer
}
