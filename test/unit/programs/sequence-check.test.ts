import { expect, test } from 'vitest'
import { countLatencies, quantile } from '../../programs/latencies.ts'
import { checkSequence, noFindings } from '../../programs/sequence-check.ts'

test('tells what is missing and what came twice, for each key', () => {
  const findings = noFindings()
  const check = checkSequence('client 1', findings)
  for (const [key, number] of [
    ['a', 1],
    ['b', 1],
    ['a', 4],
    ['b', 2],
    ['b', 2],
    ['a', 3],
  ] as const)
    check.take(key, number)
  check.take('b', 1, true)
  expect(findings).toEqual({
    missing: 2,
    repeated: 2,
    announced: 1,
    examples: ['client 1: a 2…3 missing before 4', 'client 1: b 2 after 2', 'client 1: a 3 after 4'],
  })
  expect(check.last('a')).toBe(4)
})

test('goes on after a snapshot', () => {
  const findings = noFindings()
  const check = checkSequence('client 1', findings)
  check.take('a', 1)
  check.begin([{ key: 'a', number: 7 }])
  check.take('a', 8)
  check.take('b', 2)
  expect(findings).toMatchObject({ missing: 1, repeated: 0 })
})

test('tells quantiles to a twentieth', () => {
  const latencies = countLatencies()
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms)
  const all = latencies.take()
  expect(quantile(all, 0.5)).toBeGreaterThan(480)
  expect(quantile(all, 0.5)).toBeLessThan(530)
  expect(quantile(all, 0.99)).toBeGreaterThan(980)
  expect(quantile(all, 0.99)).toBeLessThan(1050)
  expect(quantile(latencies.take(), 0.5)).toBe(0)
})
