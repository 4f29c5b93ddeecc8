import type { Outcome } from './compare.ts'

/** What came out, in numbers: steps that are equal, differences as wanted by their row, and differences. */
export function tableOf(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const sum = (count: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0)
  const rows = outcomes.flatMap(({ wanted }) => wanted.map(({ row }) => row)).toSorted()
  return {
    cases: outcomes.length,
    steps: sum(({ compared }) => compared),
    'steps that are equal': sum(({ equal }) => equal),
    ...Object.fromEntries(
      [...new Set(rows)].map((row) => [`as wanted: ${row}`, rows.filter((each) => each === row).length]),
    ),
    differs: sum(({ differs }) => differs.length),
  }
}
