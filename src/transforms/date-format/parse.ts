import { asciiDigits } from '../../util/connect-values/number.ts'
import { days, eras, halves, months, short, zones } from './names.ts'
import type { DateToken } from './pattern.ts'
import { type CalendarField, createParsedFields, type ParsedFields, resolveMillis } from './resolve.ts'

const numeric: Readonly<Record<string, CalendarField>> = {
  y: 'year',
  Y: 'weekYear',
  M: 'month',
  L: 'month',
  d: 'dayOfMonth',
  k: 'hourOfDay',
  H: 'hourOfDay',
  h: 'hour',
  K: 'hour',
  m: 'minute',
  s: 'second',
  S: 'millisecond',
  D: 'dayOfYear',
  F: 'dayOfWeekInMonth',
  u: 'dayOfWeek',
  w: 'weekOfYear',
  W: 'weekOfMonth',
}

/** Digits of other scripts count; those beyond the BMP do not, since Java looks at single UTF-16 units. */
const number = /^-?(?:(?![\u{10000}-\u{10ffff}])\p{Nd})+/u

/** Whether a number before this token ends after as many digits as its pattern has letters. */
const abuts = (token: DateToken | undefined): boolean =>
  token?.letter !== undefined &&
  (token.letter === 'M' || token.letter === 'L' ? token.count <= 2 : 'ydkHmsSDFwWhKYu'.includes(token.letter))

/**
 * Reads a text of UTC as `SimpleDateFormat` with these tokens does, leniently and from its start: what follows the pattern is not looked at.
 * `now` decides the century of years with two digits. Undefined for what does not match.
 */
export function parseTokens(tokens: readonly DateToken[], text: string, now: number): bigint | undefined {
  const fields = createParsedFields()
  // Years of two digits lie within 80 years before now and 20 after.
  const centuryStart = new Date(now)
  centuryStart.setUTCFullYear(centuryStart.getUTCFullYear() - 80)
  const context = { text, fields, centuryYear: centuryStart.getUTCFullYear(), ambiguous: false }
  let at = 0
  for (const [index, token] of tokens.entries()) {
    if (token.letter === undefined) {
      if (!text.startsWith(token.literal, at)) return undefined
      at += token.literal.length
      continue
    }
    const end = parsePiece(context, token.letter, token.count, at, abuts(tokens[index + 1]))
    if (end === undefined) return undefined
    at = end
  }
  if (at === 0) return undefined
  const millis = resolveMillis(fields)
  if (!context.ambiguous || millis >= BigInt(centuryStart.getTime())) return millis
  fields.set('year', (fields.get('year') ?? 0) + 100)
  return resolveMillis(fields)
}

interface Context {
  readonly text: string
  readonly fields: ParsedFields
  readonly centuryYear: number
  ambiguous: boolean
}

function parsePiece(
  context: Context,
  letter: string,
  count: number,
  start: number,
  exactly: boolean,
): number | undefined {
  const { text, fields } = context
  let from = start
  while (text.charAt(from) === ' ' || text.charAt(from) === '\t') from++
  if (from >= text.length) return undefined
  if (letter === 'G') return parseName(fields, 'era', text, start, [eras])
  if (letter === 'E') return parseName(fields, 'dayOfWeek', text, start, [days, days.map(short)], 1)
  if (letter === 'a') return parseName(fields, 'half', text, start, [halves])
  if ((letter === 'M' || letter === 'L') && count > 2) {
    return parseName(fields, 'month', text, start, [months, months.map(short)])
  }
  if (letter === 'z' || letter === 'Z') return parseZone(fields, text, start, from)
  if (letter === 'X') return parseIsoZone(fields, text, from, count)
  return parseNumber(context, letter, count, from, exactly ? start + count : text.length)
}

function parseNumber(context: Context, letter: string, count: number, from: number, limit: number): number | undefined {
  const { text, fields } = context
  if (limit > text.length) return undefined
  const found = number.exec(text.slice(from, limit))?.[0]
  const field = numeric[letter]
  if (found === undefined || field === undefined) return undefined
  const digits = asciiDigits(found)
  const end = from + digits.length
  const value = intValue(digits)
  fields.set(field, calendarValue(context, letter, count, value, /^\d\d$/.test(digits)))
  return end
}

function calendarValue(context: Context, letter: string, count: number, value: number, twoDigits: boolean): number {
  switch (letter) {
    case 'y':
    case 'Y': {
      if (count > 2 || !twoDigits) return value
      const pivot = context.centuryYear % 100
      context.ambiguous = value === pivot
      return value + Math.floor(context.centuryYear / 100) * 100 + (value < pivot ? 100 : 0)
    }
    case 'M':
    case 'L':
      return value - 1
    case 'k':
      return value === 24 ? 0 : value
    case 'h':
      return value === 12 ? 0 : value
    case 'u':
      return value === 7 ? 1 : value >= 1 && value < 7 ? value + 1 : value
    default:
      return value
  }
}

/** Java's `Number.intValue()` of what a number format read. */
function intValue(digits: string): number {
  const value = BigInt(digits)
  if (BigInt.asIntN(64, value) === value) return Number(BigInt.asIntN(32, value))
  return value > 0n ? 2 ** 31 - 1 : -(2 ** 31)
}

/** The longest name that stands there, in whatever case. */
function parseName(
  fields: ParsedFields,
  field: CalendarField,
  text: string,
  start: number,
  lists: readonly (readonly string[])[],
  first = 0,
): number | undefined {
  let best: { readonly value: number; readonly length: number } | undefined
  for (const list of lists) {
    for (const [index, name] of list.entries()) {
      if (name.length > (best?.length ?? 0) && startsWith(text, name, start)) {
        best = { value: index + first, length: name.length }
      }
    }
  }
  if (!best) return undefined
  fields.set(field, best.value)
  return start + best.length
}

const startsWith = (text: string, name: string, at: number): boolean =>
  text.slice(at, at + name.length).toLowerCase() === name.toLowerCase()

function parseZone(fields: ParsedFields, text: string, start: number, from: number): number | undefined {
  const sign = signAt(text, from)
  if (sign !== 0) return parseOffset(fields, text, from + 1, sign, 0, false)
  if (startsWith(text, 'GMT', start)) {
    const offset = signAt(text, start + 3)
    if (offset !== 0) return parseOffset(fields, text, start + 4, offset, 0, true)
    fields.set('zone', 0)
    return start + 3
  }
  let best: readonly [number, number] = [0, 0]
  for (const [name, minutes] of zones) {
    if (name.length > best[0] && startsWith(text, name, from)) best = [name.length, minutes]
  }
  if (best[0] === 0) return undefined
  // As in Java, the name of the zone that counts anyhow does not undo an offset that was read before it.
  if (best[1] !== 0) fields.set('zone', best[1] * 60_000)
  return from + best[0]
}

function parseIsoZone(fields: ParsedFields, text: string, from: number, count: number): number | undefined {
  if (text.charAt(from) === 'Z') {
    fields.set('zone', 0)
    return from + 1
  }
  const sign = signAt(text, from)
  return sign === 0 ? undefined : parseOffset(fields, text, from + 1, sign, count, count === 3)
}

const signAt = (text: string, at: number): number => ({ '+': 1, '-': -1 })[text.charAt(at)] ?? 0

/** `hh`, `hhmm` or `hh:mm`; one digit of hours where a colon follows and nothing says otherwise. */
function parseOffset(
  fields: ParsedFields,
  text: string,
  at: number,
  sign: number,
  count: number,
  colon: boolean,
): number | undefined {
  const hours = count === 0 && colon ? '(\\d\\d?)' : '(\\d\\d)'
  const minutes = count === 1 ? '' : colon ? ':(\\d\\d)' : '(\\d\\d)'
  const match = new RegExp(`^${hours}${minutes}`).exec(text.slice(at, at + 5))
  if (!match || Number(match[1]) > 23 || Number(match[2] ?? 0) > 59) return undefined
  fields.set('zone', sign * (Number(match[1]) * 60 + Number(match[2] ?? 0)) * 60_000)
  return at + match[0].length
}
