import { DataError, logicalNames, type Schema } from '#api'

/** The scale of a Decimal. Throws `DataError` when the schema does not say it. */
export function scaleOf({ parameters }: Schema): number {
  const scale = parameters?.['scale'] ?? ''
  if (/^[+-]?\d{1,9}$/.test(scale)) return Number(scale)
  throw new DataError(
    scale === ''
      ? 'Invalid Decimal schema: scale parameter not found.'
      : `Invalid scale parameter found in Decimal schema: ${scale}`,
  )
}

const ranges: Partial<Record<Schema['type'], number>> = { int8: 2 ** 7, int16: 2 ** 15, int32: 2 ** 31 }
const millisPerDay = 86_400_000

/** Whether an integer is within its type, and a time within its day. */
export function fitsInteger({ type, name }: Schema, value: number | bigint): boolean {
  if (name === logicalNames.time) return value >= 0 && value <= millisPerDay
  const range = ranges[type]
  if (range !== undefined) return value >= -range && value < range
  return Number.isSafeInteger(value) || BigInt.asIntN(64, BigInt(value)) === BigInt(value)
}
