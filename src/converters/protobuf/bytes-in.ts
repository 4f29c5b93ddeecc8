import { isUtf8 } from 'node:buffer'

/** Deepest nesting of messages, as in Java. */
export const maxDepth = 100

/** Protobuf's wire types. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, group: 3, endGroup: 4, fixed32: 5 } as const

/** A number when it is a safe integer, else a bigint. */
export const narrow = (value: bigint): number | bigint => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Reads Protobuf's primitives from a part of a buffer. Throws when they end too soon, or are not what they say. */
export class BytesIn {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, from = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = from
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  #take(size: number): number {
    const at = this.#at
    if (size > this.#end - at) throw new Error('is truncated')
    this.#at = at + size
    return at
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] ?? 0
  }

  /** Signed, 64 bits. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw new Error('is malformed (a number of more than ten bytes)')
  }

  /** The lower 32 bits, signed; of most numbers all there is, and quicker. */
  varint32(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new Error('is malformed (a number of more than ten bytes)')
  }

  fixed32(): number {
    return this.#bytes.readInt32LE(this.#take(4))
  }

  fixed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4))
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const size = this.varint32()
    if (size < 0) throw new Error('is malformed (a negative length)')
    const at = this.#take(size)
    return this.#bytes.subarray(at, at + size)
  }

  string(): string {
    const bytes = this.bytes()
    if (!isUtf8(bytes)) throw new Error('is malformed (a string that is not UTF-8)')
    return bytes.toString('utf8')
  }

  /** All that is left, as a view. */
  rest(): Buffer {
    return this.#bytes.subarray(this.#at, this.#end)
  }

  skip(wire: number, depth = 0): void {
    if (wire === wireTypes.varint) this.varint32()
    else if (wire === wireTypes.fixed64) this.#take(8)
    else if (wire === wireTypes.bytes) this.bytes()
    else if (wire === wireTypes.fixed32) this.#take(4)
    else if (wire === wireTypes.group && depth < maxDepth) this.#skipGroup(depth)
    else throw new Error(`is malformed (the wire type ${wire})`)
  }

  #skipGroup(depth: number): void {
    for (;;) {
      const wire = this.varint32() & 7
      if (wire === wireTypes.endGroup) return
      this.skip(wire, depth + 1)
    }
  }
}
