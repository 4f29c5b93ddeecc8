/** 15 October 1582, the first day of the Gregorian calendar, in days since 1970; Java's dates are Julian before it. */
const cutover = -141_427n

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b))

/** 1 March of the year 0, in days before 1970. */
const epoch = (gregorian: boolean): bigint => (gregorian ? 719_468n : 719_470n)

/** Days since 1970, in the calendar of Java. Months and days beyond their number are those of later years and months. */
export function dayOf(year: bigint, month: bigint, day: bigint): bigint {
  const gregorian = firstOf(year, month, true) + day - 1n
  const julian = firstOf(year, month, false) + day - 1n
  if (year > 1582n) return gregorian
  return year < 1582n || gregorian < cutover ? julian : gregorian
}

function firstOf(year: bigint, month: bigint, gregorian: boolean): bigint {
  // Years begin in March, so that the leap day is their last.
  const shifted = year * 12n + month - 3n
  const y = floorDiv(shifted, 12n)
  const m = shifted - y * 12n
  const leaps = floorDiv(y, 4n) - (gregorian ? floorDiv(y, 100n) - floorDiv(y, 400n) : 0n)
  return y * 365n + leaps + (153n * m + 2n) / 5n - epoch(gregorian)
}

export interface CivilDate {
  /** 0 is the year 1 BC. */
  readonly year: number
  readonly month: number
  readonly day: number
}

/** The reverse, of any day: `Date` of JavaScript ends in the year 275760. */
export function civilDate(days: bigint): CivilDate {
  const gregorian = days >= cutover
  const sinceMarch = days + epoch(gregorian)
  const cycle = gregorian ? 146_097n : 1461n
  const cycles = floorDiv(sinceMarch, cycle)
  const rest = sinceMarch - cycles * cycle
  const leaps = gregorian ? rest / 1460n - rest / 36_524n + rest / 146_096n : rest / 1460n
  const years = (rest - leaps) / 365n
  const dayOfYear = rest - (years * 365n + years / 4n - (gregorian ? years / 100n : 0n))
  const m = (5n * dayOfYear + 2n) / 153n
  const month = m < 10n ? m + 3n : m - 9n
  return {
    year: Number(cycles * (gregorian ? 400n : 4n) + years + (month <= 2n ? 1n : 0n)),
    month: Number(month),
    day: Number(dayOfYear - (153n * m + 2n) / 5n + 1n),
  }
}
