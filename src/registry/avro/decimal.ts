/* oxlint-disable no-underscore-dangle -- the names are avsc's */
import avsc, { type Type } from 'avsc'
import {
  type CopyOptions,
  type ErrorHook,
  prototypeOf,
  type Resolver,
  type Schema,
  type SchemaOptions,
  type Tap,
} from './internals.ts'

/** Two's complement, big-endian, as Java's `BigInteger.toByteArray`, and a scale: the digits as text, such as `-12.340`. */
export function decimalText(unscaled: Buffer, scale: number): string {
  const value = unscaled.length === 0 ? 0n : BigInt.asIntN(unscaled.length * 8, BigInt(`0x${unscaled.toString('hex')}`))
  if (scale <= 0) return String(value * 10n ** BigInt(-scale))
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The reverse, in as few bytes as Java. Throws for what is not digits, and for digits beyond the scale. */
export function decimalBytes(value: unknown, scale: number): Buffer {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  const match = typeof text === 'string' ? /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text) : null
  if (!match) throw new Error(`not a decimal: ${String(value)}`)
  const [, sign = '', whole = '', fraction = ''] = match
  const significant = fraction.replace(/0+$/, '')
  if (significant.length > Math.max(scale, 0))
    throw new Error(`more than ${scale} digits after the point: ${String(text)}`)
  const scaled = BigInt(whole + significant.padEnd(Math.max(scale, 0), '0'))
  const divisor = 10n ** BigInt(Math.max(-scale, 0))
  if (scaled % divisor !== 0n) throw new Error(`not a multiple of ${divisor}: ${String(text)}`)
  return twosComplement((sign === '-' ? -scaled : scaled) / divisor)
}

function twosComplement(value: bigint): Buffer {
  const bits = (value < 0n ? -value - 1n : value).toString(2).length + 1
  const size = value === 0n || value === -1n ? 1 : Math.ceil(bits / 8)
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0')
  return Buffer.from(hex, 'hex')
}

/** Fills up to the size of an Avro `fixed`, keeping the sign. */
function extend(bytes: Buffer, size: number): Buffer {
  if (bytes.length > size) throw new Error(`a decimal of more than ${size} bytes`)
  return Buffer.concat([Buffer.alloc(size - bytes.length, (bytes[0] ?? 0) & 0x80 ? 0xff : 0), bytes])
}

export interface DecimalSchema {
  readonly precision?: unknown
  readonly scale?: unknown
}

/** The scale of a valid decimal, else undefined: by the specification such a logical type is then ignored. */
export function decimalScale({ precision, scale = 0 }: DecimalSchema): number | undefined {
  const valid = Number.isInteger(precision) && Number(precision) > 0 && Number.isInteger(scale) && Number(scale) >= 0
  return valid && Number(scale) <= Number(precision) ? Number(scale) : undefined
}

const digitsOf = (text: string): number => text.replace(/^[+-]?0*|\./g, '').length

function toBytes(value: unknown, scale: number, precision: number): Buffer {
  const bytes = decimalBytes(value, scale)
  const digits = digitsOf(decimalText(bytes, scale))
  if (digits > precision) throw new Error(`more than ${precision} digits: ${String(value)}`)
  return bytes
}

function fits(convert: () => Buffer, value: unknown, type: Type, hook: ErrorHook | undefined): boolean {
  try {
    convert()
    return true
  } catch {
    // What is wrong is told by the hook's caller.
    hook?.(value, type)
    return false
  }
}

/** `bytes` with `logicalType: decimal`: a string of digits. */
export class DecimalBytesType extends avsc.types.BytesType {
  readonly #scale: number
  readonly #precision: number

  constructor(scale: number, precision: number) {
    super()
    this.#scale = scale
    this.#precision = precision
  }

  _read(tap: Tap): string {
    return decimalText(tap.readBytes() ?? Buffer.alloc(0), this.#scale)
  }

  _write(tap: Tap, value: unknown): void {
    tap.writeBytes(toBytes(value, this.#scale, this.#precision))
  }

  _check(value: unknown, _flags?: unknown, hook?: ErrorHook): boolean {
    return fits(() => toBytes(value, this.#scale, this.#precision), value, this, hook)
  }

  _copy(value: unknown, options?: CopyOptions): unknown {
    if (options?.coerce === 2) return decimalText(Buffer.from(String(value), 'latin1'), this.#scale)
    const bytes = toBytes(value, this.#scale, this.#precision)
    return options?.coerce === 3 ? bytes.toString('latin1') : value
  }

  _update(resolver: Resolver, writer: Type): void {
    if (writer.typeName === 'bytes') resolver._read = (tap) => this._read(tap)
  }
}

const updateFixed = (
  prototypeOf(avsc.types.FixedType) as unknown as {
    _update: (this: Type, resolver: Resolver, writer: Type, options: unknown) => void
  }
)._update

/** `fixed` with `logicalType: decimal`: a string of digits. */
export class DecimalFixedType extends avsc.types.FixedType {
  readonly #scale: number
  readonly #precision: number

  constructor(schema: Schema, options: SchemaOptions, scale: number, precision: number) {
    super(schema, options)
    this.#scale = scale
    this.#precision = precision
  }

  _read(tap: Tap): string {
    return decimalText(tap.readFixed(this.size) ?? Buffer.alloc(0), this.#scale)
  }

  #bytes(value: unknown): Buffer {
    return extend(toBytes(value, this.#scale, this.#precision), this.size)
  }

  _write(tap: Tap, value: unknown): void {
    tap.writeFixed(this.#bytes(value), this.size)
  }

  _check(value: unknown, _flags?: unknown, hook?: ErrorHook): boolean {
    return fits(() => this.#bytes(value), value, this, hook)
  }

  _copy(value: unknown, options?: CopyOptions): unknown {
    if (options?.coerce === 2) return decimalText(Buffer.from(String(value), 'latin1'), this.#scale)
    const bytes = this.#bytes(value)
    return options?.coerce === 3 ? bytes.toString('latin1') : value
  }

  _update(resolver: Resolver, writer: Type, options: unknown): void {
    updateFixed.call(this, resolver, writer, options)
    if (resolver._read) resolver._read = (tap) => this._read(tap)
  }
}
