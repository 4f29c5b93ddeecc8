import type { SchemaAndValue } from '#api'
import { dayOf } from './calendar.ts'
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
      return parts && { schema: dateSchema, value: Number(dayOf(...datePart(parts))) }
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
          value: exact(dayOf(...datePart(parts)) * BigInt(millisPerDay) + millisOfDay(parts.slice(3))),
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

const datePart = ([year = 0n, month = 0n, day = 0n]: readonly bigint[]) => [year, month, day] as const

const millisOfDay = ([hours = 0n, minutes = 0n, seconds = 0n, millis = 0n]: readonly bigint[]): bigint =>
  ((hours * 60n + minutes) * 60n + seconds) * 1000n + millis
