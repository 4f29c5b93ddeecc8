import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { compareAnswers, isWanted, type Outcome } from '../interop/rest/compare.ts'
import { wantedDifferences } from '../interop/rest/differences.ts'
import { pairs, type RunningPair, startPair } from '../interop/rest/pairs.ts'
import { runCase } from '../interop/rest/run-case.ts'
import { tableOf } from '../interop/rest/table.ts'
import { evidence } from '../support/scale.ts'

const outcomes: Outcome[] = []

describe.each(pairs)('$name', (pair) => {
  let dir: string
  let running: RunningPair

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tidegate-java-worker-'))
    running = await startPair(pair, inject('kafka'), dir)
  }, 120_000)

  afterAll(async () => {
    await running?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  test.each(pair.cases.map((each, index) => [each.name, each, index] as const))(
    'answers as Kafka Connect does: %s',
    async (name, each, index) => {
      const { java, ours } = running
      const answers = await Promise.all([runCase(each, index, java), runCase(each, index, ours)])
      const outcome = compareAnswers(name, ...answers, wantedDifferences)
      outcomes.push(outcome)
      expect(
        outcome.differs.map(({ step, path, ...values }) => `${step} | ${path} | ${JSON.stringify(values)}`),
      ).toEqual([])
    },
    120_000,
  )
})

test('every difference that is listed as wanted was met', () => {
  const met = outcomes.flatMap(({ wanted }) => wanted)
  const needless = wantedDifferences.filter((each) => !met.some((difference) => isWanted(difference, each)))
  expect(needless).toEqual([])
})

test('every case was compared', () => {
  const table = tableOf(outcomes)
  const lines = Object.entries(table).map(([what, count]) => `${String(count).padStart(5)}  ${what}\n`)
  process.stdout.write(lines.join(''))
  expect(table['cases']).toBe(pairs.flatMap(({ cases }) => cases).length)
  expect(table['differs']).toBe(0)
  evidence('java-worker', table)
})
