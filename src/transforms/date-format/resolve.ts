import { chooseDay, dayMillis, firstOfMonth, firstWeek, onOrBefore } from './calendar.ts'

export type CalendarField =
  | 'era'
  | 'year'
  | 'weekYear'
  | 'month'
  | 'weekOfYear'
  | 'weekOfMonth'
  | 'dayOfMonth'
  | 'dayOfYear'
  | 'dayOfWeek'
  | 'dayOfWeekInMonth'
  | 'half'
  | 'hour'
  | 'hourOfDay'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'zone'

/** What a text said, later fields after earlier ones: the later win where they contradict each other. */
export interface ParsedFields {
  set(field: CalendarField, value: number): void
  get(field: CalendarField): number | undefined
  /** 0 when not set; grows with each `set`. */
  stamp(field: CalendarField): number
}

export function createParsedFields(): ParsedFields {
  const found = new Map<CalendarField, { readonly value: number; readonly stamp: number }>()
  let next = 1
  return {
    set: (field, value) => void found.set(field, { value, stamp: next++ }),
    get: (field) => found.get(field)?.value,
    stamp: (field) => found.get(field)?.stamp ?? 0,
  }
}

/** Milliseconds since the epoch, as Java's lenient `GregorianCalendar` makes them of what is set: the 45th of a month is a day of the next. */
export function resolveMillis(fields: ParsedFields): bigint {
  const day = fields.stamp('weekYear') > fields.stamp('year') ? weekDate(fields) : dateOf(fields)
  const ofDay = hoursOf(fields) * 3_600_000 + number(fields, 'minute') * 60_000 + number(fields, 'second') * 1000
  const rest = BigInt(ofDay) + BigInt(number(fields, 'millisecond') - number(fields, 'zone'))
  return BigInt.asIntN(64, BigInt(day) * BigInt(dayMillis) + rest)
}

const number = (fields: ParsedFields, field: CalendarField): number => fields.get(field) ?? 0

/** Both have to be set. */
const both = (fields: ParsedFields, one: CalendarField, other: CalendarField): number => {
  const stamps = [fields.stamp(one), fields.stamp(other)] as const
  return stamps.includes(0) ? 0 : Math.max(...stamps)
}

function hoursOf(fields: ParsedFields): number {
  const twelve = both(fields, 'hour', 'half') || Math.max(fields.stamp('hour'), fields.stamp('half'))
  const exact = fields.stamp('hourOfDay')
  const pair = both(fields, 'hour', 'half')
  if (exact > 0 && (exact > pair || pair === 0)) return number(fields, 'hourOfDay')
  return twelve === 0 ? 0 : number(fields, 'hour') + 12 * number(fields, 'half')
}

function yearOf(fields: ParsedFields): number {
  const year = fields.get('year') ?? 1970
  return fields.get('era') === 0 ? 1 - year : year
}

type Kind = 'dayOfMonth' | 'weekOfMonth' | 'dayOfWeekInMonth' | 'dayOfYear' | 'weekOfYear'

/** Which fields tell the day: the latest set, and those of weeks only together with a day of the week unless there is nothing better. */
function kindOf(fields: ParsedFields): Kind {
  const stamps: Record<Kind, number> = {
    dayOfMonth: fields.stamp('dayOfMonth'),
    weekOfMonth: both(fields, 'weekOfMonth', 'dayOfWeek'),
    dayOfWeekInMonth: both(fields, 'dayOfWeekInMonth', 'dayOfWeek'),
    dayOfYear: fields.stamp('dayOfYear'),
    weekOfYear: both(fields, 'weekOfYear', 'dayOfWeek'),
  }
  let best = Math.max(...Object.values(stamps))
  if (best === 0) {
    stamps.weekOfMonth = fields.stamp('weekOfMonth')
    stamps.dayOfWeekInMonth = Math.max(fields.stamp('dayOfWeekInMonth'), fields.stamp('dayOfWeek'))
    stamps.weekOfYear = fields.stamp('weekOfYear')
    best = Math.max(stamps.weekOfMonth, stamps.dayOfWeekInMonth, stamps.weekOfYear)
    if (best === 0) return 'dayOfMonth'
  }
  if (best === stamps.dayOfMonth) return 'dayOfMonth'
  const weekOfYear = fields.stamp('weekOfYear')
  const ofMonth = best === stamps.weekOfMonth && fields.stamp('weekOfMonth') >= weekOfYear
  const inMonth = best === stamps.dayOfWeekInMonth && fields.stamp('dayOfWeekInMonth') >= weekOfYear
  if (!ofMonth && !inMonth) return best === stamps.dayOfYear ? 'dayOfYear' : 'weekOfYear'
  if (stamps.weekOfMonth === stamps.dayOfWeekInMonth) {
    return fields.stamp('weekOfMonth') >= fields.stamp('dayOfWeekInMonth') ? 'weekOfMonth' : 'dayOfWeekInMonth'
  }
  return best === stamps.weekOfMonth ? 'weekOfMonth' : 'dayOfWeekInMonth'
}

function dateOf(fields: ParsedFields): number {
  const year = yearOf(fields)
  const kind = kindOf(fields)
  const ofYear = kind === 'dayOfYear' || kind === 'weekOfYear'
  const month = ofYear ? 0 : number(fields, 'month')
  return chooseDay(year, ofYear, (gregorian) => {
    const first = firstOfMonth(year, month, gregorian)
    return dayFrom(fields, kind, first, firstOfMonth(year, month + 1, gregorian) - first)
  })
}

function dayFrom(fields: ParsedFields, kind: Kind, first: number, length: number): number {
  const dayOfWeek = fields.get('dayOfWeek')
  switch (kind) {
    case 'dayOfMonth':
      return first + (fields.get('dayOfMonth') ?? 1) - 1
    case 'dayOfYear':
      return first + number(fields, 'dayOfYear') - 1
    case 'weekOfMonth':
    case 'weekOfYear': {
      const start = firstWeek(first)
      const at = dayOfWeek === undefined ? start : onOrBefore(start + 6, dayOfWeek)
      return at + 7 * (number(fields, kind) - 1)
    }
    case 'dayOfWeekInMonth': {
      const count = fields.get('dayOfWeekInMonth') ?? 1
      const end = count >= 0 ? 7 * count : length + 7 * (count + 1)
      return onOrBefore(first + end - 1, dayOfWeek ?? 1)
    }
  }
}

/** ISO's way with Java's weeks: the year that weeks are counted in. */
function weekDate(fields: ParsedFields): number {
  const year = number(fields, 'weekYear')
  let week = fields.get('weekOfYear') ?? 1
  let dayOfWeek = fields.get('dayOfWeek') ?? 1
  if (dayOfWeek < 1 || dayOfWeek > 7) {
    // Days beyond a week, as Java normalises them: counted from Monday.
    const from = dayOfWeek - 1
    week += Math.floor(from / 7)
    const day = from - Math.floor(from / 7) * 7 + 1
    dayOfWeek = day === 7 ? 1 : day + 1
  }
  const start = chooseDay(year, true, (gregorian) => firstWeek(firstOfMonth(year, 0, gregorian)))
  return start + (dayOfWeek - 1) + 7 * (week - 1)
}
