import type { Case, Step } from './cases.ts'
import type { Outcome } from './ours.ts'
import type { Wire } from './wire.ts'

/** What Java tells apart without a schema and JavaScript does not: Byte, Short, Integer and Long, Float and Double, and Dates. */
export const oneNumberType = 'without a schema, JavaScript has one type of number'

/** Why a difference is wanted; undefined when it is not. Each reason stands in docs/differences.md. */
export function wantedReason({ chain, record }: Case, java: Outcome, here: Outcome): string | undefined {
  if (
    here.kind === 'error' &&
    here.message.startsWith('Invalid value') &&
    chain.some((step) => isOf(step, 'RegexRouter'))
  ) {
    return 'a replacement that names no group is refused at the start, not with the first topic that matches'
  }
  if (here.kind === 'error' && here.message.startsWith('The path of ExtractField is empty')) {
    return 'an empty path is refused at the start, not with the first value that is not null'
  }
  if (here.kind === 'error' && here.message.includes('does not fit the schema of the field')) {
    return 'Java reads one kind of time as another where a rename takes the name of a field that stays'
  }
  if (java.kind === 'error' && java.message === 'Struct schemas do not match.' && here.kind === 'record') {
    return "Java cannot copy a struct that is its field's default"
  }
  if (java.kind === 'record' && here.kind === 'record' && numbersRounded(java.text) === numbersRounded(here.text)) {
    return 'Java before 19 does not always write the shortest text of a floating-point number'
  }
  if (java.kind === 'error' && java.message.startsWith(misnamed) && chain.some((step) => isOf(step, 'Cast'))) {
    return 'what Cast made of a whole logical value keeps its name, and Java then puts it into no struct'
  }
  if (java.kind === 'record' && here.kind === 'record' && chain.some((step) => isOf(step, 'TimestampConverter'))) {
    const isFar = (ours: number): boolean =>
      (chain.some(mayGoFar) && isFarAway(ours)) || (chain.some(isTimestamp) && isFarInMs(ours))
    if (numbersDifferOnly(java.text, here.text, (_, ours) => isFar(ours))) {
      return "Java's calendar wraps around at the ends of int64, and errs long before the year 1"
    }
    // Other digits may stand right before those of the year, which only its era tells then: `F` of `FYYYG`.
    const isBeforeChrist = /\d\s?BC/.test(here.text)
    const beforeYearOne = (there: number, ours: number): boolean =>
      Math.abs(there - ours) === 1 && (ours <= 1 || (isBeforeChrist && /00[01]$/.test(String(ours))))
    if (chain.some(countsWeeks) && numbersDifferOnly(java.text, here.text, beforeYearOne)) {
      return 'Java miscounts the years of weeks before the year 1'
    }
  }
  if (chain.some((step) => sharesName(step, [record.key, record.value]))) {
    return 'two fields under one new name: Java takes the one that its hash table has later'
  }
  return undefined
}

const isOf = (step: Step, name: string): boolean => step.class.replace(/\$.*/, '').endsWith(`.${name}`)

const misnamed = 'Invalid Java object for schema "org.apache.kafka.connect.data.'

/** Numbers as large are usual elsewhere: of seconds or nanoseconds. */
const mayGoFar = (step: Step): boolean =>
  step.props['target.type'] === 'Date' || (countsWeeks(step) && step.props['unix.precision'] === undefined)

/** Always milliseconds. */
const isTimestamp = (step: Step): boolean => step.props['target.type'] === 'Timestamp'

const countsWeeks = (step: Step): boolean => step.props['format']?.includes('Y') === true

/** Two renames to one name, or, in a map, one to the name of another entry. */
function sharesName(step: Step, sides: readonly Wire[]): boolean {
  const renames = isOf(step, 'ReplaceField') ? (step.props['renames'] ?? '').split(',') : []
  const pairs = new Map(renames.map((pair) => pair.split(':') as [string, string]))
  const targets = [...pairs.values()]
  if (new Set(targets).size < targets.length) return true
  const keys = sides.flatMap((side) => (side?.t === 'map' ? side.v.map(([key]) => key?.v) : []))
  return [...pairs].some(([from, to]) => from !== to && keys.includes(to))
}

/** Whether they differ in nothing but numbers, and in those only so. */
function numbersDifferOnly(java: string, here: string, allowed: (there: number, ours: number) => boolean): boolean {
  const numbers = /-?\d+/g
  const [theirs, ours] = [java.match(numbers) ?? [], here.match(numbers) ?? []]
  if (java.replace(numbers, '') !== here.replace(numbers, '') || theirs.length !== ours.length) return false
  return ours.every((number, index) => number === theirs[index] || allowed(Number(theirs[index]), Number(number)))
}

/** A hundred thousand years and more from ours, in milliseconds or in days. */
const isFarAway = (number: number): boolean =>
  isFarInMs(number) || (Math.abs(number) > 3.5e7 && Math.abs(number) < 2e11)

const isFarInMs = (number: number): boolean => Math.abs(number) > 3e15

const numbersRounded = (text: string): string =>
  text.replace(/-?\d+\.\d+(?:E-?\d+)?/g, (number) => String(Math.fround(Number(number))))
