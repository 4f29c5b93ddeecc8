import { logicalNames, type Schema } from '#api'
import { decimalBytes, decimalText, type ProtoField } from '../../registry/index.ts'
import { type BytesIn, narrow, wireTypes } from './bytes-in.ts'
import { BytesOut } from './bytes-out.ts'
import { parameters, wellKnown } from './names.ts'

/** A message that is a primitive in Connect. */
export interface WellKnown {
  schema(field: ProtoField): Schema
  read(message: BytesIn): unknown
  /** Throws for a value that is none. */
  write(value: unknown): Buffer
}

const day = 86_400_000

/** The messages of Google's and Confluent's that Connect has logical types for. */
export const wellKnownTypes: Readonly<Record<string, WellKnown>> = {
  [wellKnown.timestamp]: {
    schema: () => ({ type: 'int64', name: logicalNames.timestamp, version: 1 }),
    read(message) {
      const [, seconds = 0n, nanos = 0n] = integers(message)
      return narrow(seconds * 1000n + nanos / 1_000_000n)
    },
    write(value) {
      const ms = integer(value)
      const rest = ((ms % 1000n) + 1000n) % 1000n
      return fields([(ms - rest) / 1000n, rest * 1_000_000n])
    },
  },
  [wellKnown.date]: {
    schema: () => ({ type: 'int32', name: logicalNames.date, version: 1 }),
    read(message) {
      const [, year = 0n, month = 0n, date = 0n] = integers(message)
      const at = new Date(0)
      at.setUTCFullYear(Number(year), Number(month) - 1, Number(date))
      if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(date)) {
        throw new Error(`is malformed (there is no date ${year}-${month}-${date})`)
      }
      return at.getTime() / day
    },
    write(value) {
      const at = new Date(Number(integer(value)) * day)
      if (Number.isNaN(at.getTime())) throw new Error('no date')
      return fields([at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()].map(BigInt))
    },
  },
  [wellKnown.time]: {
    schema: () => ({ type: 'int32', name: logicalNames.time, version: 1 }),
    read(message) {
      const [, hours = 0n, minutes = 0n, seconds = 0n, nanos = 0n] = integers(message)
      return Number(((hours * 60n + minutes) * 60n + seconds) * 1000n + nanos / 1_000_000n)
    },
    write(value) {
      const ms = integer(value)
      if (ms < 0n || ms >= BigInt(day)) throw new Error('no time of a day')
      return fields([ms / 3_600_000n, (ms / 60_000n) % 60n, (ms / 1000n) % 60n, (ms % 1000n) * 1_000_000n])
    },
  },
  [wellKnown.decimal]: {
    schema: ({ params }) => ({
      type: 'bytes',
      name: logicalNames.decimal,
      version: 1,
      parameters: {
        [parameters.scale]: integerOr(params['scale'], '0'),
        ...(params['precision'] !== undefined && { [parameters.precision]: params['precision'] }),
      },
    }),
    read: readDecimal,
    write(value) {
      const text = String(value)
      const scale = /\.(\d*)$/.exec(text)?.[1]?.length ?? 0
      const out = new BytesOut()
      out.tag(1, wireTypes.bytes)
      out.bytes(decimalBytes(text, scale))
      const digits = text.replace(/^[+-]?0*|\./g, '').replace(/^0+(?=\d)/, '').length
      out.tag(2, wireTypes.varint)
      out.varint32(Math.max(digits, 1))
      if (scale !== 0) {
        out.tag(3, wireTypes.varint)
        out.varint32(scale)
      }
      return out.finish()
    },
  },
}

const integerOr = (text: string | undefined, other: string): string =>
  text !== undefined && /^-?\d+$/.test(text) ? text : other

/** Beyond these no `BigDecimal` of a data set lies, and the zeros of one would fill the memory. */
const maxScale = 1000

function readDecimal(message: BytesIn): string {
  let value: Buffer = Buffer.alloc(0)
  let scale = 0
  while (!message.done) {
    const tag = message.varint32()
    if (tag >>> 3 === 1 && (tag & 7) === wireTypes.bytes) value = message.bytes()
    else if (tag >>> 3 === 3 && (tag & 7) === wireTypes.varint) scale = message.varint32()
    else message.skip(tag & 7)
  }
  if (Math.abs(scale) > maxScale) throw new Error(`has a decimal of the scale ${scale}`)
  return decimalText(value, scale)
}

/** The varints of a message by their numbers. */
function integers(message: BytesIn): readonly (bigint | undefined)[] {
  const values: (bigint | undefined)[] = []
  while (!message.done) {
    const tag = message.varint32()
    if (tag >>> 3 < 8 && (tag & 7) === wireTypes.varint) values[tag >>> 3] = message.varint()
    else message.skip(tag & 7)
  }
  return values
}

/** A message of varints with the numbers 1, 2, …; zeros are left out. */
function fields(values: readonly bigint[]): Buffer {
  const out = new BytesOut()
  for (const [index, value] of values.entries()) {
    if (value === 0n) continue
    out.tag(index + 1, wireTypes.varint)
    out.varint(value)
  }
  return out.finish()
}

function integer(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  throw new Error('no integer')
}
