import { pick, type Random } from './random-data.ts'

const replacements: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /(?<=[:,[])-?\d[\d.Ee+-]*/g,
    ['"x"', 'null', '300', '1.7', '99999999999999999999', 'true', '007', '-00.5', '[]', '{}', '1e30'],
  ],
  [/(?<=[:,[])"[^"\\]*"/g, ['5', 'null', '"!"', '"AA"', '"AA=="', 'false', '""', '[1]', '"foo"']],
  [/true|false/g, ['0', '"true"', 'null', 'tru']],
  [/"(?:type|optional|fields|items|keys|values|field|payload|schema|parameters)"/g, ['"x"', '""', 'null', '"type"']],
]

/** The bytes with one thing wrong, or nearly wrong. */
export function spoil(random: Random, bytes: Buffer): Buffer {
  const choice = random()
  if (choice < 0.1) return bytes.subarray(0, Math.floor(random() * bytes.length))
  if (choice < 0.2) {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
    return copy
  }
  if (choice < 0.25) return Buffer.concat([bytes, Buffer.from(pick(random, ['}', ' ', 'x', '\0', '1', ' {}']))])
  const text = bytes.toString()
  const [pattern, others] = pick(random, replacements)
  const found = [...text.matchAll(pattern)]
  if (found.length === 0) return bytes.subarray(1)
  const match = pick(random, found)
  return Buffer.from(`${text.slice(0, match.index)}${pick(random, others)}${text.slice(match.index + match[0].length)}`)
}
