/** Milliseconds of a day. */
export const dayMillis = 86_400_000

/** 15 October 1582 in days since 1970: Java's calendar is Julian before it. */
const cutover = -141_427

const weekdays = 7
/** Days from 1 January of year 1, by which Java tells the day of the week, to 1 January 1970. */
const epochDay = 719_163

export interface DayFields {
  /** 0 is 1 BC. */
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly dayOfMonth: number
  readonly dayOfYear: number
  /** From 1, which is Sunday. */
  readonly dayOfWeek: number
}

/** Whole days since 1970, and the milliseconds left. */
export function splitMillis(millis: number | bigint): { readonly day: number; readonly millisOfDay: number } {
  if (typeof millis === 'number') {
    const day = Math.floor(millis / dayMillis)
    return { day, millisOfDay: millis - day * dayMillis }
  }
  const perDay = BigInt(dayMillis)
  const rest = ((millis % perDay) + perDay) % perDay
  return { day: Number((millis - rest) / perDay), millisOfDay: Number(rest) }
}

export function fieldsOfDay(day: number): DayFields {
  const gregorian = day >= cutover
  // Years begin in March, so that the leap day is their last.
  const shifted = day + (gregorian ? 719_468 : 719_470)
  const era = gregorian ? Math.floor(shifted / 146_097) : 0
  const inEra = shifted - era * 146_097
  const yearOfEra = gregorian
    ? Math.floor((inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365)
    : Math.floor((4 * inEra + 3) / 1461)
  const leaps = gregorian ? Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) : Math.floor(yearOfEra / 4)
  const dayOfShifted = inEra - (365 * yearOfEra + leaps)
  const shiftedMonth = Math.floor((5 * dayOfShifted + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 2 : shiftedMonth - 10
  const year = yearOfEra + era * 400 + (month <= 1 ? 1 : 0)
  const dayOfMonth = dayOfShifted - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year, month, dayOfMonth, dayOfYear: day - firstDayOfYear(year) + 1, dayOfWeek: mod(day + 4, weekdays) + 1 }
}

/** In days since 1970, in the calendar that was used when the year began. */
const firstDayOfYear = (year: number): number => firstOfMonth(year, 0, year > 1582)

/** The first day of a month; months beyond December are those of later years. */
export function firstOfMonth(year: number, month: number, gregorian: boolean): number {
  const months = year * 12 + month - 2
  const y = Math.floor(months / 12)
  const m = months - y * 12
  const leaps = Math.floor(y / 4) - (gregorian ? Math.floor(y / 100) - Math.floor(y / 400) : 0)
  return y * 365 + leaps + Math.floor((153 * m + 2) / 5) - (gregorian ? 719_468 : 719_470)
}

/** Which of the two calendars counts, as Java's `GregorianCalendar` decides it. `ofYear`: the day was counted from the year's first. */
export function chooseDay(year: number, ofYear: boolean, dayIn: (gregorian: boolean) => number): number {
  const julian = dayIn(false)
  if (year < 1582 || (year === 1582 && ofYear)) return julian
  const gregorian = dayIn(true)
  return gregorian >= cutover ? gregorian : julian
}

const mod = (value: number, by: number): number => value - Math.floor(value / by) * by

/** The last such day of the week until a day; 1 is Sunday. */
export const onOrBefore = (day: number, dayOfWeek: number): number =>
  day - mod(day + epochDay - (dayOfWeek - 1), weekdays)

/** The Sunday with which the first week of a year or month begins; weeks are those of the United States: they begin on Sunday, and one day makes a week. */
export function firstWeek(firstDay: number): number {
  const sunday = onOrBefore(firstDay + 6, 1)
  return sunday > firstDay ? sunday - weekdays : sunday
}

const weekNumber = (firstDay: number, day: number): number => Math.floor((day - firstWeek(firstDay)) / weekdays) + 1

export function weekFields(day: number, { year, month, dayOfMonth, dayOfYear }: DayFields) {
  const nextYear = firstDayOfYear(year + 1)
  const inNextYear = day >= firstWeek(nextYear)
  const monthStart = month === 9 && year === 1582 ? firstOfMonth(1582, 9, false) : day - dayOfMonth + 1
  return {
    weekYear: inNextYear ? year + 1 : year,
    weekOfYear: inNextYear ? 1 : weekNumber(day - dayOfYear + 1, day),
    weekOfMonth: weekNumber(monthStart, day),
  }
}
