/** Reads Kafka's primitive types one after another; each throws a `RangeError` that names the field when the bytes do not hold it. */
export interface ByteReader {
  int16(field: string): number
  int32(field: string): number
  int64(field: string): bigint
  string(field: string): string
  nullableBytes(field: string): Buffer | null
  nullableArray<T>(field: string, read: (from: ByteReader) => T): readonly T[] | null
  isAtEnd(): boolean
}

export function readBytes(bytes: Buffer): ByteReader {
  let position = 0

  function take(size: number, field: string): number {
    const at = position
    const left = bytes.length - at
    if (size < 0) throw new RangeError(`the length of ${field} is ${size} at byte ${at}`)
    if (size > left) throw new RangeError(`${field} needs ${size} bytes at byte ${at}, where ${left} are left`)
    position += size
    return at
  }

  const slice = (size: number, field: string): Buffer => {
    const at = take(size, field)
    return bytes.subarray(at, at + size)
  }

  const reader: ByteReader = {
    int16: (field) => bytes.readInt16BE(take(2, field)),
    int32: (field) => bytes.readInt32BE(take(4, field)),
    int64: (field) => bytes.readBigInt64BE(take(8, field)),
    string: (field) => slice(reader.int16(field), field).toString(),
    nullableBytes(field) {
      const size = reader.int32(field)
      return size === -1 ? null : slice(size, field)
    },
    nullableArray(field, read) {
      const size = reader.int32(field)
      if (size === -1) return null
      // Each item has four bytes at least: a wrong length is found before it is believed.
      if (size < 0 || size > (bytes.length - position) / 4)
        throw new RangeError(`${field} cannot have ${size} items in ${bytes.length - position} bytes`)
      return Array.from({ length: size }, () => read(reader))
    },
    isAtEnd: () => position === bytes.length,
  }
  return reader
}
