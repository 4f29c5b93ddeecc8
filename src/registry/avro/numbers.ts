/* oxlint-disable no-underscore-dangle -- the names are avsc's */
import avsc from 'avsc'
import { type CopyOptions, type ErrorHook, prototypeOf, type Tap } from './internals.ts'

/** Below this avsc's float arithmetic is exact in both directions; beyond it the slower exact way is taken. */
const exact = 2 ** 52
const minLong = -(2n ** 63n)
const maxLong = 2n ** 63n - 1n

/**
 * An Avro long over the whole int64 range: a number when it is a safe integer, else a bigint, in one pass.
 * (avsc's own refuses beyond 2^53, and its `LongType.__with` costs twice the time for every long.)
 */
export class LongType extends avsc.types.LongType {
  _read(tap: Tap): number | bigint {
    const start = tap.pos
    const value = tap.readLong()
    return value < exact && value > -exact ? value : readWide(tap, start)
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value === 'number' && value < exact && value > -exact && Number.isInteger(value)) tap.writeLong(value)
    else if (isLong(value)) writeWide(tap, BigInt(value))
    else throw new Error(`not a long: ${String(value)}`)
  }

  _check(value: unknown, _flags?: unknown, hook?: ErrorHook): boolean {
    const valid = isLong(value)
    if (!valid) hook?.(value, this)
    return valid
  }
}

const isLong = (value: unknown): value is number | bigint =>
  Number.isSafeInteger(value) || (typeof value === 'bigint' && value >= minLong && value <= maxLong)

function readWide(tap: Tap, start: number): number | bigint {
  let zigzag = 0n
  let shift = 0n
  let byte: number
  tap.pos = start
  do {
    if (shift > 63n) throw new Error('a long of more than 64 bits')
    byte = tap.buf[tap.pos++] ?? 0
    zigzag |= BigInt(byte & 0x7f) << shift
    shift += 7n
  } while (byte & 0x80)
  const value = BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n))
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function writeWide(tap: Tap, value: bigint): void {
  let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  while (zigzag > 0x7fn) {
    tap.buf[tap.pos++] = Number(zigzag & 0x7fn) | 0x80
    zigzag >>= 7n
  }
  tap.buf[tap.pos++] = Number(zigzag)
}

/** avsc's int reads any number of bits. */
export class IntType extends avsc.types.IntType {
  _read(tap: Tap): number {
    const value = tap.readLong()
    if ((value | 0) !== value) throw new Error(`an int of more than 32 bits: ${value}`)
    return value
  }
}

/** What JSON has no number for stands in schemas of Java's as a string; a schema that was read without loss may hold a bigint. */
const floatDefault = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value
}

export class DoubleType extends avsc.types.DoubleType {
  _copy(value: unknown, options?: CopyOptions): unknown {
    return prototypeOf(avsc.types.DoubleType)._copy.call(
      this,
      options?.coerce === 2 ? floatDefault(value) : value,
      options,
    )
  }
}

export class FloatType extends avsc.types.FloatType {
  _copy(value: unknown, options?: CopyOptions): unknown {
    return prototypeOf(avsc.types.FloatType)._copy.call(
      this,
      options?.coerce === 2 ? floatDefault(value) : value,
      options,
    )
  }
}
