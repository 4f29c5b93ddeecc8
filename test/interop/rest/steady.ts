import type { Difference, Outcome } from './compare.ts'

/** An outcome with what differed in the first run of its case, when that was repeated. */
export type SteadyOutcome = Outcome & { readonly unsteady: readonly Difference[] }

/**
 * Compares once, and once more when something differs: a cluster's answers hang on what the worker asked has heard so far, and Kafka
 * Connect's own come out one way or the other. The second run decides alone; what differed in the first is told.
 */
export async function steady(compare: (run: number) => Promise<Outcome>): Promise<SteadyOutcome> {
  const first = await compare(0)
  if (first.differs.length === 0) return { ...first, unsteady: [] }
  return { ...(await compare(1)), unsteady: first.differs }
}
