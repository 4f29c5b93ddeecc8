import type { ScalarType } from '../../registry/index.ts'
import { type BytesIn, narrow, wireTypes } from './bytes-in.ts'
import type { BytesOut } from './bytes-out.ts'

export interface Scalar {
  readonly wire: 0 | 1 | 2 | 5
  readonly zero: unknown
  read(from: BytesIn): unknown
  /** Throws for a value that is none. */
  write(to: BytesOut, value: unknown): void
}

function integer(value: unknown, min: bigint, max: bigint): bigint {
  const wide = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value as number) : undefined
  if (wide === undefined || wide < min || wide > max) throw new Error('no such number')
  return wide
}

const int32 = (value: unknown): bigint => integer(value, -(2n ** 31n), 2n ** 31n - 1n)
const uint32 = (value: unknown): bigint => integer(value, 0n, 2n ** 32n - 1n)
/** What Java takes for unsigned is signed in its `long`, and read here so: both are taken. */
const int64 = (value: unknown): bigint => integer(value, -(2n ** 63n), 2n ** 63n - 1n)
const uint64 = (value: unknown): bigint => integer(value, -(2n ** 63n), 2n ** 64n - 1n)

function float(value: unknown): number {
  if (typeof value !== 'number') throw new Error('no such number')
  return value
}

const zigzag = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n)
const unzigzag = (value: bigint): bigint => (value << 1n) ^ (value >> 63n)

const { varint, fixed32, fixed64, bytes } = wireTypes

/** Protobuf's scalars as Connect's values: a 64-bit integer is signed, a number when that is exact, else a bigint. */
export const scalars: Readonly<Record<ScalarType, Scalar>> = {
  int32: { wire: varint, zero: 0, read: (from) => from.varint32(), write: (to, value) => to.varint(int32(value)) },
  sint32: {
    wire: varint,
    zero: 0,
    read: (from) => Number(zigzag(BigInt.asUintN(32, from.varint()))),
    write: (to, value) => to.varint(unzigzag(int32(value))),
  },
  uint32: {
    wire: varint,
    zero: 0,
    read: (from) => from.varint32() >>> 0,
    write: (to, value) => to.varint(uint32(value)),
  },
  int64: {
    wire: varint,
    zero: 0,
    read: (from) => narrow(from.varint()),
    write: (to, value) => to.varint(int64(value)),
  },
  sint64: {
    wire: varint,
    zero: 0,
    read: (from) => narrow(zigzag(BigInt.asUintN(64, from.varint()))),
    write: (to, value) => to.varint(unzigzag(int64(value))),
  },
  uint64: {
    wire: varint,
    zero: 0,
    read: (from) => narrow(from.varint()),
    write: (to, value) => to.varint(uint64(value)),
  },
  fixed32: {
    wire: fixed32,
    zero: 0,
    read: (from) => from.fixed32() >>> 0,
    write: (to, value) => to.fixed32(Number(uint32(value))),
  },
  sfixed32: {
    wire: fixed32,
    zero: 0,
    read: (from) => from.fixed32(),
    write: (to, value) => to.fixed32(Number(int32(value))),
  },
  fixed64: {
    wire: fixed64,
    zero: 0,
    read: (from) => narrow(from.fixed64()),
    write: (to, value) => to.fixed64(uint64(value)),
  },
  sfixed64: {
    wire: fixed64,
    zero: 0,
    read: (from) => narrow(from.fixed64()),
    write: (to, value) => to.fixed64(int64(value)),
  },
  float: { wire: fixed32, zero: 0, read: (from) => from.float(), write: (to, value) => to.float(float(value)) },
  double: { wire: fixed64, zero: 0, read: (from) => from.double(), write: (to, value) => to.double(float(value)) },
  bool: {
    wire: varint,
    zero: false,
    read: (from) => from.varint() !== 0n,
    write(to, value) {
      if (typeof value !== 'boolean') throw new Error('no boolean')
      to.varint32(value ? 1 : 0)
    },
  },
  string: {
    wire: bytes,
    zero: '',
    read: (from) => from.string(),
    write(to, value) {
      if (typeof value !== 'string') throw new Error('no string')
      to.bytes(Buffer.from(value))
    },
  },
  bytes: {
    wire: bytes,
    zero: Buffer.alloc(0),
    read: (from) => Buffer.from(from.bytes()),
    write(to, value) {
      if (!Buffer.isBuffer(value)) throw new Error('no bytes')
      to.bytes(value)
    },
  },
}

/** Whether a value is the one that Protobuf leaves out where it cannot be absent. */
export function isZero(value: unknown): boolean {
  if (Buffer.isBuffer(value)) return value.length === 0
  return value === false || value === '' || value === 0n || Object.is(value, 0)
}
