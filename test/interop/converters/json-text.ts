import { parseJson } from '../../../src/util/parse-json.ts'

/** The same for the same members in the same order: numbers by their value, but 1 is not 1.0. */
export const canonicalJson = (bytes: Buffer, toNumber: (literal: string) => number = Number): string =>
  JSON.stringify(
    parseJson(
      bytes.toString(),
      (literal) => ({ number: /^-?\d+$/.test(literal) ? literal : `${toNumber(literal)} double` }),
      { maxDepth: 1000 },
    ),
  )
