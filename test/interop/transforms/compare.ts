import type { JavaProgram } from '../../support/java.ts'
import { canonicalRecord } from './canonical.ts'
import { type Case, randomCase, simpleName } from './cases.ts'
import { castEdges } from './edges.ts'
import { type Outcome, recordOf, runHere } from './ours.ts'
import { createRandom } from './random.ts'
import { oneNumberType, wantedReason } from './wanted.ts'
import type { WireRecord } from './wire.ts'

export interface Row {
  readonly name: string
  cases: number
  equal: number
  /** How many of the equal ones are errors on both sides. */
  errors: number
  /** By reason. */
  readonly wanted: Map<string, number>
  readonly differs: Difference[]
}

export interface Difference {
  readonly given: Case
  readonly java: Outcome
  readonly here: Outcome
}

interface JavaAnswer {
  readonly unusable?: string
  readonly record?: WireRecord
  readonly dropped?: boolean
  readonly holds?: boolean
  readonly exception?: string
  readonly error?: string
}

const batch = 200

/** Compares so many random cases of one class, and the edges of casts; the seed and the class decide them. */
export async function compare(
  java: JavaProgram,
  next: () => number,
  name: string,
  all: readonly string[],
  count: number,
): Promise<Row> {
  const row: Row = { name: name.replace(/^.*\./, ''), cases: 0, equal: 0, errors: 0, wanted: new Map(), differs: [] }
  const random = createRandom(next)
  const given = [...castEdges(name), ...Array.from({ length: count }, () => randomCase(random, name, all))]
  while (row.cases < given.length) {
    const cases = given.slice(row.cases, row.cases + batch)
    const { answers } = await java.ask<{ answers: readonly JavaAnswer[] }>({ op: 'run', cases })
    for (const [index, each] of cases.entries()) await judge(java, row, each, outcomeOf(answers[index] ?? {}, each))
  }
  return row
}

async function judge(program: JavaProgram, row: Row, given: Case, java: Outcome): Promise<void> {
  const here = runHere(given)
  row.cases++
  if (isEqual(java, here)) {
    row.equal++
    if (here.kind === 'error') row.errors++
    return
  }
  // The same once more, with the numbers of what has no schema as JavaScript sees them.
  const { answers } = await program.ask<{ answers: readonly JavaAnswer[] }>({
    op: 'run',
    cases: [{ ...given, collapse: true }],
  })
  const collapsed = outcomeOf(answers[0] ?? {}, given)
  const reason = isEqual(collapsed, here) ? oneNumberType : wantedReason(given, collapsed, here)
  if (reason === undefined) row.differs.push({ given, java, here })
  else row.wanted.set(reason, (row.wanted.get(reason) ?? 0) + 1)
}

function outcomeOf(answer: JavaAnswer, given: Case): Outcome {
  if (answer.unusable !== undefined)
    throw new Error(`Java cannot make the record: ${answer.unusable}: ${JSON.stringify(given.record)}`)
  if (answer.dropped) return { kind: 'dropped' }
  if (answer.holds !== undefined) return { kind: 'holds', answer: answer.holds }
  if (answer.record) return { kind: 'record', text: canonicalRecord(recordOf(answer.record)) }
  return { kind: 'error', type: answer.exception ?? '', message: answer.error ?? '' }
}

/** Errors are equal when both are; their classes and words are not compared. */
function isEqual(java: Outcome, here: Outcome): boolean {
  if (java.kind === 'error' || here.kind === 'error') return java.kind === here.kind
  return JSON.stringify(java) === JSON.stringify(here)
}

export const tableOf = (rows: readonly Row[]): string => {
  const line = (cells: readonly (string | number)[]) =>
    `${String(cells[0]).padEnd(28)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(9))
      .join('')}`
  const reasons = new Map<string, number>()
  for (const { wanted } of rows)
    for (const [reason, count] of wanted) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  const sum = (count: (row: Row) => number): number => rows.reduce((total, row) => total + count(row), 0)
  const cells = (name: string, of: readonly Row[]) => {
    const total = (count: (row: Row) => number): number => of.reduce((all, row) => all + count(row), 0)
    const wanted = total((row) => [...row.wanted.values()].reduce((all, count) => all + count, 0))
    return line([
      name,
      total((r) => r.cases),
      total((r) => r.equal),
      total((r) => r.errors),
      wanted,
      total((r) => r.differs.length),
    ])
  }
  return [
    line(['transformation', 'cases', 'equal', 'errors', 'wanted', 'differs']),
    ...rows.map((row) => cells(row.name, [row])),
    cells('all', rows),
    ...[...reasons].map(([reason, count]) => `wanted ${count}×: ${reason}`),
    `${sum((row) => row.cases)} cases of ${new Set(rows.map(({ name }) => simpleName(name))).size} classes`,
  ].join('\n')
}
