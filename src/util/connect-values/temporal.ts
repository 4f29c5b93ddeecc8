import type { SchemaAndValue } from '#api'
import { asciiDigits } from './number.ts'
import { dateSchema, exact, millisPerDay, timeSchema, timestampSchema } from './schemas.ts'

// A number of SimpleDateFormat: blanks before it, and whatever length; what follows the pattern is not looked at.
const number = '[ \\t]*(-?\\d+)'
const datePattern = `${number}-${number}-${number}`
const timePattern = `${number}:${number}:${number}\\.${number}Z`

const date = new RegExp(`^${datePattern}`)
const time = new RegExp(`^${timePattern}`)
const timestamp = new RegExp(`^${datePattern}T${timePattern}`)

/**
 * A text as long as an ISO date, time or timestamp, as Java's lenient `SimpleDateFormat` reads it in UTC:
 * the 45th of a month is a day of the next.
 */
export function parseTemporal(token: string): SchemaAndValue | undefined {
  const text = asciiDigits(token.replaceAll('\\:', ':'))
  switch (text.length) {
    case 10: {
      const parts = numbersOf(date, text)
      return parts && { schema: dateSchema, value: Number(dayOf(parts)) }
    }
    case 13: {
      const parts = numbersOf(time, text)
      return parts && { schema: timeSchema, value: exact(millisOfDay(parts)) }
    }
    case 24: {
      const parts = numbersOf(timestamp, text)
      return (
        parts && {
          schema: timestampSchema,
          value: exact(dayOf(parts) * BigInt(millisPerDay) + millisOfDay(parts.slice(3))),
        }
      )
    }
    default:
      return undefined
  }
}

function numbersOf(pattern: RegExp, text: string): readonly bigint[] | undefined {
  const match = pattern.exec(text)
  return match?.slice(1).map(BigInt)
}

const millisOfDay = ([hours = 0n, minutes = 0n, seconds = 0n, millis = 0n]: readonly bigint[]): bigint =>
  ((hours * 60n + minutes) * 60n + seconds) * 1000n + millis

/** 15 October 1582, the first day of the Gregorian calendar, in days since 1970. */
const cutover = -141_427n

/** Days since 1970 in the calendar of Java: Julian before October 1582. */
function dayOf([year = 0n, month = 0n, day = 0n]: readonly bigint[]): bigint {
  const gregorian = civilDay(year, month, true) + day - 1n
  const julian = civilDay(year, month, false) + day - 1n
  if (year > 1582n) return gregorian
  return year < 1582n || gregorian < cutover ? julian : gregorian
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b))

/** The first day of a month, in days since 1970; months beyond 12 are those of later years. */
function civilDay(year: bigint, month: bigint, gregorian: boolean): bigint {
  // Years begin in March, so that the leap day is their last.
  const shifted = year * 12n + month - 3n
  const y = floorDiv(shifted, 12n)
  const m = shifted - y * 12n
  const leaps = floorDiv(y, 4n) - (gregorian ? floorDiv(y, 100n) - floorDiv(y, 400n) : 0n)
  return y * 365n + leaps + (153n * m + 2n) / 5n - (gregorian ? 719_468n : 719_470n)
}
