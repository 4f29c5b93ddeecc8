import { pick, type Random } from './random-data.ts'

const scalars = [
  ['1', '-5', '+7', '300', '70000', '9999999999', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ['1.0', '0.1', '-0.5', '1.5', '1e10', '1e19', '1e30', '1e60', '-1e-60', '1e400', '12345678901234567890', '-0', '0e5'],
  ['1e', '1.', '+.5', '.5', '--1', '1f', '0x10', '٣٤', '1_000', '00012', '1e99999999999', '123456789.123456789'],
  ['true', 'false', 'null', 'True', 'nullx', 'text', 'two words', 'ü', '😀', '\u00a0'],
  [
    '2026-01-02',
    '2026-13-45',
    '1582-10-04',
    '1582-10-05',
    '1582-10-14',
    '1582-10-15',
    '0001-01-01',
    '1-2-3xxxxx',
    '-026-01-02',
  ],
  ['03:04:05.000Z', '27:99:05.123Z', '3:4:5.1Zabcde', '03\\:04\\:05.000Z', '03:04:05', '03:04:05.000X'],
  ['2026-01-02T03:04:05.000Z', '1969-12-31T23:59:59.999Z', '2026-1-2T3:4:5.000Zxxxxx', '2026-01-02T03\\:04\\:05.0Z'],
  ['"q"', '"a,b"', '"2026-01-02"', '"03:04:05.000Z"', '"x\\"y"', '"open', '""', '"null"'],
].flat()
const pieces = ['[', ']', '{', '}', ',', ':', '"', '\\', ' ', '  ', '\t', '\n', ...scalars]

/** Texts as headers have them: what Java infers a type from, what nearly is that, and what is neither. */
export function randomHeaderText(random: Random): string {
  const choice = random()
  if (choice < 0.15) return spaced(random, pick(random, scalars))
  if (choice < 0.35) return Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick(random, pieces)).join('')
  const text = container(random, 2)
  return choice < 0.8 ? text : broken(random, text)
}

function container(random: Random, depth: number): string {
  // Mostly of one kind, or nothing would have a schema.
  const own = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, scalars))
  const item = () => spaced(random, depth > 0 && random() < 0.25 ? container(random, depth - 1) : pick(random, own))
  const items = Array.from({ length: Math.floor(random() * 4) }, item)
  if (random() < 0.5) return `[${items.join()}]`
  const keys = random() < 0.7 ? ['"a"', '"b"', '"c d"', '"a"'] : own
  return `{${items.map((value) => `${pick(random, keys)}:${value}`).join()}}`
}

const spaced = (random: Random, text: string): string =>
  random() < 0.2 ? pick(random, [' ', '\t', '  ']) + text : text

function broken(random: Random, text: string): string {
  const at = Math.floor(random() * (text.length + 1))
  return random() < 0.5 ? text.slice(0, at) : `${text.slice(0, at)}${pick(random, pieces)}${text.slice(at)}`
}
