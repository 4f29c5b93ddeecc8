import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../../src/cli/package-info.ts'
import { restCases } from '../../interop/rest/cases/index.ts'
import { workerPropertyCases } from '../../interop/rest/cases/worker-properties.ts'
import { compareAnswers } from '../../interop/rest/compare.ts'
import { coverage } from '../../interop/rest/coverage.ts'
import { wantedDifferences } from '../../interop/rest/differences.ts'
import type { Answered } from '../../interop/rest/run-case.ts'
import { steady } from '../../interop/rest/steady.ts'
import { tableOf } from '../../interop/rest/table.ts'

const cases = [...restCases, ...workerPropertyCases]

const answered = (body: unknown, status = 200): readonly Answered[] => [
  { step: 'one', answer: { status: 200, headers: {}, body: 1 } },
  { step: 'two', answer: { status, headers: { 'content-type': 'application/json' }, body } },
]
const java = answered({ a: [1, { b: 'x' }], c: null })

test('equal answers do not differ', () => {
  expect(compareAnswers('case', java, java, [])).toEqual({ compared: 2, equal: 2, wanted: [], differs: [] })
})

test.each([
  ['a value', answered({ a: [1, { b: 'y' }], c: null }), 'body.a.1.b'],
  ['a type', answered({ a: ['1', { b: 'x' }], c: null }), 'body.a.0'],
  ['a field that is missing', answered({ a: [1, { b: 'x' }] }), 'body.c'],
  ['a field too many', answered({ a: [1, { b: 'x' }], c: null, d: 1 }), 'body.d'],
  ['an item too many', answered({ a: [1, { b: 'x' }, 2], c: null }), 'body.a.2'],
  ['a status', answered({ a: [1, { b: 'x' }], c: null }, 201), 'status'],
  ['an answer that is missing', java.slice(0, 1), ''],
])('a planted difference is found: %s', (_what, ours, path) => {
  const outcome = compareAnswers('case', java, ours, [])
  expect(outcome.differs.map((difference) => [difference.step, difference.path])).toEqual([['two', path]])
  expect(outcome.equal).toBe(1)
})

test('a difference is wanted only in its case, step and path', () => {
  const wanted = { case: /^case$/, step: /^two$/, path: /^body\.c$/, row: 'a row' }
  const ours = answered({ a: [1, { b: 'x' }], c: 1 })
  expect(compareAnswers('case', java, ours, [wanted])).toMatchObject({ wanted: [{ row: 'a row' }], differs: [] })
  expect(compareAnswers('another case', java, ours, [wanted])).toMatchObject({
    wanted: [],
    differs: [{ path: 'body.c' }],
  })
  expect(compareAnswers('case', java, ours, [{ ...wanted, step: /^one$/ }]).differs).toHaveLength(1)
  expect(compareAnswers('case', java, ours, [{ ...wanted, path: /^body\.a$/ }]).differs).toHaveLength(1)
})

test('the table counts steps, and differences by their rows', () => {
  const wanted = [{ case: /./, path: /c$/, row: 'a row' }]
  const outcomes = [
    compareAnswers('x', java, answered({ a: [1, { b: 'x' }], c: 1 }), wanted),
    compareAnswers('y', java, answered({ a: [2, { b: 'x' }], c: null }), wanted),
  ]
  expect(tableOf(outcomes)).toEqual({
    cases: 2,
    steps: 4,
    'steps that are equal': 2,
    'as wanted: a row': 1,
    differs: 1,
  })
})

test('names of cases, and of steps in a case, are unique', () => {
  const names = cases.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  for (const { name, steps } of cases) {
    const labels = steps.map(({ what, method, path }) => `${name}: ${what ?? `${method ?? 'GET'} ${path ?? ''}`}`)
    expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([])
  }
})

test('every difference that is wanted is a row of docs/differences.md', async () => {
  const text = await readFile(join(packageRoot, 'docs', 'differences.md'), 'utf8')
  const rows = text.split('\n').flatMap((line) => /^\| (.+?) \| /.exec(line)?.[1] ?? [])
  expect(wantedDifferences.map(({ row }) => row).filter((row) => !rows.includes(row))).toEqual([])
})

test('every statement names cases that exist or says why there is none, and every case is named', () => {
  const names = new Set(cases.map(({ name }) => name))
  const named = coverage.flatMap(([, shown]) => ('reason' in shown ? [] : shown))
  expect(named.filter((name) => !names.has(name))).toEqual([])
  expect([...names].filter((name) => !named.includes(name))).toEqual([])
  expect(coverage.filter(([, shown]) => !('reason' in shown) && shown.length === 0)).toEqual([])
})

test('every suite that a statement names exists', async () => {
  const files = coverage.flatMap(([, shown]) => ('reason' in shown && shown.reason.endsWith('.ts') ? shown.reason : []))
  await Promise.all(files.map((file) => readFile(join(packageRoot, file))))
  expect(files.length).toBeGreaterThan(0)
})

test('a case that differs is run once more: whatever differs then counts, what differed before is told', async () => {
  const answer = (state: string, version: string) => [
    { step: 'status', answer: { status: 200, headers: {}, body: { state, version } } },
  ]
  const runs = [answer('RUNNING', 'none'), answer('FAILED', '1')]
  const outcome = await steady(async (run) => compareAnswers('case', answer('RUNNING', '1'), runs[run] ?? [], []))
  expect(outcome.differs.map(({ path }) => path)).toEqual(['body.state'])
  expect(outcome.unsteady.map(({ path, ours }) => [path, ours])).toEqual([['body.version', 'none']])
})

test('a case without differences is run once', async () => {
  const runs: number[] = []
  await steady(async (run) => {
    runs.push(run)
    return compareAnswers('case', java, java, [])
  })
  expect(runs).toEqual([0])
})
