import { fieldsOfDay, splitMillis, weekFields } from './calendar.ts'
import { days, eras, halves, months, short } from './names.ts'
import type { DateToken } from './pattern.ts'

/** Writes a time of UTC as `SimpleDateFormat` with these tokens does, with English names. */
export function formatTokens(tokens: readonly DateToken[], millis: number | bigint): string {
  const { day, millisOfDay } = splitMillis(millis)
  const fields = fieldsOfDay(day)
  const time = {
    hour: Math.floor(millisOfDay / 3_600_000),
    minute: Math.floor(millisOfDay / 60_000) % 60,
    second: Math.floor(millisOfDay / 1000) % 60,
    millisecond: millisOfDay % 1000,
  }
  let text = ''
  for (const token of tokens) {
    text += token.letter === undefined ? token.literal : piece(token.letter, token.count, day, fields, time)
  }
  return text
}

type Fields = ReturnType<typeof fieldsOfDay>

interface Time {
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

function piece(letter: string, count: number, day: number, fields: Fields, time: Time): string {
  const yearOfEra = fields.year > 0 ? fields.year : 1 - fields.year
  switch (letter) {
    case 'G':
      return eras[fields.year > 0 ? 1 : 0] ?? ''
    case 'y':
      return year(yearOfEra, count)
    case 'Y':
      return year(weekFields(day, fields).weekYear, count)
    case 'M':
    case 'L':
      if (count >= 3) return named(months, fields.month, count)
      return padded(fields.month + 1, count)
    case 'E':
      return named(days, fields.dayOfWeek - 1, count)
    case 'a':
      return halves[time.hour < 12 ? 0 : 1] ?? ''
    case 'z':
      return count >= 4 ? 'Coordinated Universal Time' : 'UTC'
    case 'Z':
      return '+0000'
    case 'X':
      return 'Z'
    default:
      return padded(numberOf(letter, day, fields, time), count)
  }
}

function numberOf(letter: string, day: number, fields: Fields, { hour, minute, second, millisecond }: Time): number {
  switch (letter) {
    case 'd':
      return fields.dayOfMonth
    case 'k':
      return hour === 0 ? 24 : hour
    case 'H':
      return hour
    case 'K':
      return hour % 12
    case 'h':
      return hour % 12 === 0 ? 12 : hour % 12
    case 'm':
      return minute
    case 's':
      return second
    case 'S':
      return millisecond
    case 'D':
      return fields.dayOfYear
    case 'F':
      return Math.floor((fields.dayOfMonth - 1) / 7) + 1
    case 'u':
      return fields.dayOfWeek === 1 ? 7 : fields.dayOfWeek - 1
    case 'w':
      return weekFields(day, fields).weekOfYear
    default:
      return weekFields(day, fields).weekOfMonth
  }
}

const named = (names: readonly string[], index: number, count: number): string => {
  const name = names[index] ?? ''
  return count >= 4 ? name : short(name)
}

/** Two letters mean the last two digits. */
const year = (value: number, count: number): string =>
  count === 2 ? `${value < 0 ? '-' : ''}${padded(Math.abs(value) % 100, 2)}` : padded(value, count)

const padded = (value: number, count: number): string =>
  `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(count, '0')}`
