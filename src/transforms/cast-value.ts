import { DataError, logicalNames, type Schema, toJson } from '#api'
import { formatConnectValue } from '../util/connect-values.ts'
import { describe } from './fields.ts'
import {
  exact,
  floatOf,
  type IntegerType,
  narrowed,
  parseDouble,
  parseFloat32,
  parseInteger,
  truncated,
} from './java-numbers.ts'

export const castTypes = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64', 'boolean', 'string'] as const

export type CastType = (typeof castTypes)[number]

/** One value as another type, as Java's narrowing and parsing make it. Null stays null. Throws `DataError`. */
export function castValue(schema: Schema | undefined, value: unknown, target: CastType): unknown {
  if (value === null || value === undefined) return null
  const type = schema?.type ?? typeOf(value)
  if (type === 'array' || type === 'map' || type === 'struct') {
    const supported = [...castTypes.map((name) => name.toUpperCase()), 'BYTES'].join(', ')
    throw new DataError(
      `Cast transformation does not support casting from ${type.toUpperCase()}; supported types are [${supported}]`,
    )
  }
  if (target === 'string') return formatConnectValue(schema, value)
  if (Buffer.isBuffer(value)) throw new DataError('Unexpected type in Cast transformation: bytes')
  if (schema?.name === logicalNames.decimal) return ofDecimal(value, target)
  if (typeof value === 'boolean') return target === 'boolean' ? value : Number(value)
  if (typeof value === 'string') return ofText(value, target)
  if (typeof value === 'bigint') return ofInteger(value, target)
  if (typeof value === 'number') {
    return type === 'float32' || type === 'float64' ? ofFloat(value, target) : ofInteger(BigInt(value), target)
  }
  throw new DataError(`Unexpected type in Cast transformation: ${describe(value)}`)
}

/** Without a schema, whole numbers are Java's `Long` and others its `Double`. */
function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int64' : 'float64'
  const described = describe(value)
  return described === 'object' ? 'map' : described
}

type Target = Exclude<CastType, 'string'>

const isInteger = (target: Target): target is IntegerType => target.startsWith('int')

function ofInteger(value: bigint, target: Target): unknown {
  if (isInteger(target)) return exact(narrowed(target, value))
  if (target === 'boolean') return value !== 0n
  return target === 'float32' ? floatOf(value) : Number(value)
}

function ofFloat(value: number, target: Target): unknown {
  if (isInteger(target)) return exact(truncated(target, value))
  if (target === 'boolean') return truncated('int64', value) !== 0n
  return target === 'float32' ? Math.fround(value) : value
}

function ofDecimal(value: unknown, target: Target): unknown {
  const text = typeof value === 'string' ? value : toJson(value)
  if (target === 'float32') return parseFloat32(text)
  if (target === 'float64') return Number(text)
  const whole = BigInt(/^-?\d+/.exec(text)?.[0] ?? '0')
  return target === 'boolean' ? narrowed('int64', whole) !== 0n : ofInteger(whole, target)
}

function ofText(text: string, target: Target): unknown {
  if (isInteger(target)) return exact(parseInteger(target, text))
  if (target === 'boolean') return text.toLowerCase() === 'true'
  return target === 'float32' ? parseFloat32(text) : parseDouble(text)
}
