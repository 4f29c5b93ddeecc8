import type { wireTypes } from './bytes-in.ts'

/** Collects Protobuf's primitives. */
export class BytesOut {
  #bytes = Buffer.allocUnsafe(128)
  #size = 0

  /** Where to write; the buffer may be another after it. */
  #reserve(size: number): number {
    const at = this.#size
    this.#size += size
    if (this.#size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#size, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }

  /** What was written, without a copy: nothing may be written after it. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  tag(number: number, wire: (typeof wireTypes)[keyof typeof wireTypes]): void {
    this.varint32(((number << 3) | wire) >>> 0)
  }

  /** An unsigned number of 32 bits. */
  varint32(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      const at = this.#reserve(1)
      this.#bytes[at] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    const at = this.#reserve(1)
    this.#bytes[at] = rest
  }

  /** Any number of 64 bits; a negative one has ten bytes. */
  varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      const at = this.#reserve(1)
      this.#bytes[at] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    const at = this.#reserve(1)
    this.#bytes[at] = Number(rest)
  }

  fixed32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeInt32LE(value | 0, at)
  }

  fixed64(value: bigint): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigInt64LE(BigInt.asIntN(64, value), at)
  }

  float(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeFloatLE(value, at)
  }

  double(value: number): void {
    const at = this.#reserve(8)
    this.#bytes.writeDoubleLE(value, at)
  }

  /** With their length before them. */
  bytes(value: Uint8Array): void {
    this.varint32(value.length)
    const at = this.#reserve(value.length)
    this.#bytes.set(value, at)
  }
}
