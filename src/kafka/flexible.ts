/** Fields of flexible versions (KIP-482): lengths are varints and one more than they say. */

export function unsignedVarint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}

export function compactString(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([unsignedVarint(bytes.length + 1), bytes])
}

export interface FlexibleReader {
  int16(): number
  /** Base64url of 16 bytes, as Kafka prints them; undefined: all are 0. */
  uuid(): string | undefined
  /** Empty for null. */
  string(): string
  /** Null is an array of none. */
  array<T>(read: () => T): T[]
  skip(bytes: number): void
  /** Tagged fields, which say nothing that is asked for. */
  skipTags(): void
}

/** Throws a `RangeError` for bytes that are cut short. */
export function readFlexible(raw: Buffer): FlexibleReader {
  let at = 0
  const forward = (bytes: number): number => {
    if (bytes > raw.length - at) throw new RangeError(`${bytes} bytes are due at ${at} of ${raw.length}.`)
    at += bytes
    return at - bytes
  }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = raw.readUInt8(forward(1))
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    throw new RangeError(`A number does not end at ${at} of ${raw.length}.`)
  }
  return {
    int16: () => raw.readInt16BE(forward(2)),
    uuid() {
      const start = forward(16)
      const bytes = raw.subarray(start, start + 16)
      return bytes.some((byte) => byte !== 0) ? bytes.toString('base64url') : undefined
    },
    string() {
      const length = Math.max(0, varint() - 1)
      const start = forward(length)
      return raw.toString('utf8', start, start + length)
    },
    array<T>(read: () => T): T[] {
      const made: T[] = []
      for (let left = varint() - 1; left > 0; left--) made.push(read())
      return made
    },
    skip: forward,
    skipTags() {
      for (let left = varint(); left > 0; left--) {
        varint()
        forward(varint())
      }
    },
  }
}
