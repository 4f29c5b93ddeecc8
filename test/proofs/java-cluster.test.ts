import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { restCases } from '../interop/rest/cases/index.ts'
import { type ClusterUnderTest, startCluster } from '../interop/rest/cluster.ts'
import { compareAnswers } from '../interop/rest/compare.ts'
import { wantedDifferences } from '../interop/rest/differences.ts'
import { pairs } from '../interop/rest/pairs.ts'
import { runCase } from '../interop/rest/run-case.ts'
import { type SteadyOutcome, steady } from '../interop/rest/steady.ts'
import { tableOf } from '../interop/rest/table.ts'
import { evidence, scale } from '../support/scale.ts'

const outcomes: SteadyOutcome[] = []
let dir: string
let java: ClusterUnderTest
let ours: ClusterUnderTest

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidegate-java-cluster-'))
  const options = { bootstrapServers: inject('kafka'), dir, props: pairs[0]?.props ?? {} }
  const run = Date.now() % 1_000_000
  ours = await startCluster({ ...options, kind: 'ours', cluster: `cluster-ours-${run}` })
  java = await startCluster({ ...options, kind: 'java', cluster: `cluster-java-${run}` })
}, 120_000)

afterAll(async () => {
  await Promise.all([java?.stop(), ours?.stop()])
  await rm(dir, { recursive: true, force: true })
}, 60_000)

/** In a small run each case goes to one of the two, in turns. */
const goesTo = (first: number, index: number): boolean => scale({ small: index % 2 === Math.sign(first), full: true })

// On the follower under other names: what the leader's cases left behind is there too.
describe.each([['leader', 0] as const, ['follower', 100] as const])('on the %s', (role, first) => {
  const cases = restCases.map((each, index) => [each.name, each, index] as const)
  test.each(cases.filter(([, , index]) => goesTo(first, index)))(
    "answers as Kafka Connect's does: %s",
    async (name, each, index) => {
      const outcome = await steady(async (run) => {
        const number = first + index + run * 500
        const answers = [runCase(each, number, java[role]), runCase(each, number, ours[role])] as const
        return compareAnswers(name, ...(await Promise.all(answers)), wantedDifferences)
      })
      outcomes.push(outcome)
      expect(
        outcome.differs.map(({ step, path, ...values }) => `${step} | ${path} | ${JSON.stringify(values)}`),
      ).toEqual([])
    },
    240_000,
  )
})

test('every case was compared', () => {
  const unsteady = outcomes.flatMap((outcome) => outcome.unsteady)
  for (const each of unsteady) process.stdout.write(`differed in the first of two runs: ${JSON.stringify(each)}\n`)
  const table: Readonly<Record<string, number>> = {
    ...tableOf(outcomes),
    'differed in the first of two runs': unsteady.length,
  }
  const lines = Object.entries(table).map(([what, count]) => `${String(count).padStart(5)}  ${what}\n`)
  process.stdout.write(lines.join(''))
  expect(table['cases']).toBe(restCases.length * scale({ small: 1, full: 2 }))
  expect(table['differs']).toBe(0)
  evidence('java-cluster', table)
})
