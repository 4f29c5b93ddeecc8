import type { Answered } from './run-case.ts'

export interface Difference {
  readonly case: string
  readonly step: string
  /** Such as `status`, `headers.location` or `body.tasks.0.state`. */
  readonly path: string
  readonly java: unknown
  readonly ours: unknown
}

/** A difference that is meant, with the words that stand for it in docs/differences.md. */
export interface WantedDifference {
  readonly case: RegExp
  readonly step?: RegExp
  readonly path: RegExp
  /** A row of docs/differences.md: the text of its first column. */
  readonly row: string
}

export interface Outcome {
  readonly compared: number
  readonly equal: number
  readonly wanted: readonly (Difference & { readonly row: string })[]
  readonly differs: readonly Difference[]
}

/** Compares the answers to one case, value by value. */
export function compareAnswers(
  name: string,
  java: readonly Answered[],
  ours: readonly Answered[],
  wanted: readonly WantedDifference[],
): Outcome {
  const differences = java.flatMap(({ step, answer }, index) =>
    [...differencesOf(answer, ours[index]?.answer, '')].map((difference) => ({ case: name, step, ...difference })),
  )
  const meant = differences.map((difference) => ({ difference, row: rowOf(difference, wanted) }))
  const touched = new Set(differences.map(({ step }) => step))
  return {
    compared: java.length,
    equal: java.filter(({ step }) => !touched.has(step)).length,
    wanted: meant.flatMap(({ difference, row }) => (row === undefined ? [] : [{ ...difference, row }])),
    differs: meant.flatMap(({ difference, row }) => (row === undefined ? [difference] : [])),
  }
}

const rowOf = (difference: Difference, wanted: readonly WantedDifference[]): string | undefined =>
  wanted.find((each) => isWanted(difference, each))?.row

export const isWanted = (difference: Difference, wanted: WantedDifference): boolean =>
  wanted.case.test(difference.case) && (wanted.step?.test(difference.step) ?? true) && wanted.path.test(difference.path)

function* differencesOf(
  java: unknown,
  ours: unknown,
  path: string,
): Generator<Pick<Difference, 'path' | 'java' | 'ours'>> {
  if (isObject(java) && isObject(ours) && Array.isArray(java) === Array.isArray(ours)) {
    for (const key of new Set([...Object.keys(java), ...Object.keys(ours)])) {
      yield* differencesOf(java[key], ours[key], path === '' ? key : `${path}.${key}`)
    }
  } else if (java !== ours) {
    yield { path, java, ours }
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
