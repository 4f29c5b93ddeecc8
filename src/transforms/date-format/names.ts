/** The English names of Java's locale data. */
export const months: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** From Sunday. */
export const days: readonly string[] = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export const eras: readonly string[] = ['BC', 'AD']

export const halves: readonly string[] = ['AM', 'PM']

export const short = (name: string): string => name.slice(0, 3)

/** Names of time zones that are read, with their offsets in minutes; Java knows more, which depend on where it runs. */
export const zones: ReadonlyMap<string, number> = new Map([
  ['UTC', 0],
  ['Coordinated Universal Time', 0],
  ['Greenwich Mean Time', 0],
  ['EST', -300],
  ['Eastern Standard Time', -300],
  ['EDT', -240],
  ['Eastern Daylight Time', -240],
  ['CST', -360],
  ['Central Standard Time', -360],
  ['CDT', -300],
  ['Central Daylight Time', -300],
  ['MST', -420],
  ['Mountain Standard Time', -420],
  ['MDT', -360],
  ['Mountain Daylight Time', -360],
  ['PST', -480],
  ['Pacific Standard Time', -480],
  ['PDT', -420],
  ['Pacific Daylight Time', -420],
  ['CET', 60],
  ['Central European Standard Time', 60],
  ['CEST', 120],
  ['Central European Summer Time', 120],
])
