import type { Difference, Outcome } from './compare.ts'

/** An outcome with what differed in the first run of its case and no more in the second. */
export type SteadyOutcome = Outcome & { readonly unsteady: readonly Difference[] }

/**
 * Compares once, and once more when something differs. A cluster's answers hang on what the worker asked has heard so
 * far, and Kafka Connect's own come out one way or the other: what differs in both runs is a difference between the
 * two, what differs in one is told and not held against either.
 */
export async function steady(compare: (run: number) => Promise<Outcome>): Promise<SteadyOutcome> {
  const first = await compare(0)
  if (first.differs.length === 0) return { ...first, unsteady: [] }
  const second = await compare(1)
  return {
    ...second,
    differs: second.differs.filter((each) => isAmong(first.differs, each)),
    unsteady: [
      ...first.differs.filter((each) => !isAmong(second.differs, each)),
      ...second.differs.filter((each) => !isAmong(first.differs, each)),
    ],
  }
}

const isAmong = (differences: readonly Difference[], { step, path }: Difference): boolean =>
  differences.some((each) => each.step === step && each.path === path)
