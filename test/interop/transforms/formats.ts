import { createDateFormat } from '../../../src/transforms/date-format/index.ts'
import type { Random } from './random.ts'
import { timestamp } from './values.ts'

const usual = [
  'yyyyMMdd',
  'yyyy-MM-dd',
  'dd/MM/yy',
  "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  "yyyy-MM-dd'T'HH:mm:ss'Z'",
  'EEE, d MMM yyyy HH:mm:ss Z',
  'EEEE dd. MMMM yyyy G',
  'h:mm a',
  'KK:mm aa z',
  'kk:mm:ss zzzz',
  'YYYY-ww-u',
  "YYYY-'W'w-EEE",
  'yyyy DDD',
  'F EEE MMM yyyy',
  'W EEEE LLLL yy',
  'yyMMddHHmmssSSS',
  'yyyy-MM-dd HH:mm X',
  'yyyy-MM-dd HH:mm XX',
  "'at' h 'o''clock' a",
  'y',
  'yyyyMMddHH',
  'HHmm',
  'L/d/y',
]

const letters = 'GyMdkHmsSEDFwWahKzZYuXL'

/** A pattern of `SimpleDateFormat`, now and then one that it refuses. */
export function pattern(random: Random): string {
  if (random.chance(0.5)) return random.pick(usual)
  if (random.chance(0.04)) return random.pick(["yyyy'", 'yyyy-bb', 'XXXX', 'T', ' '])
  let text = ''
  for (let pieces = 1 + random.below(5); pieces > 0; pieces--) {
    const letter = letters.charAt(random.below(letters.length))
    text += letter.repeat(1 + random.below(letter === 'X' ? 3 : 5))
    text += random.pick(['', '-', '/', ' ', ':', "'T'", ', ', "''", '.', 'é'])
  }
  return text
}

const strange = ['', ' ', '2024', '2024-13-45', '24-1-2', '1/2/3', 'Feb', 'GMT+05:30', '-08', '20240229', 'x']

/** A text that the pattern usually reads, spoilt now and then. */
export function dateText(random: Random, of: string): string {
  if (random.chance(0.1)) return random.pick(strange)
  let written: string
  try {
    written = createDateFormat(of).format(BigInt(timestamp(random)))
  } catch {
    return 'the pattern is none'
  }
  if (random.chance(0.1)) return `${written} and more`
  if (random.chance(0.08)) return written.slice(0, -1)
  if (random.chance(0.08)) return written.toUpperCase()
  if (random.chance(0.08)) return written.replace(/\d+/, (digits) => String(Number(digits) + 37))
  if (random.chance(0.06))
    return written.replace(/UTC|\+0000|Z$/, () => random.pick(['GMT', 'GMT+05:30', '-0830', '+01', 'GMT-5:00']))
  if (random.chance(0.05)) return ` ${written}`
  return written
}
