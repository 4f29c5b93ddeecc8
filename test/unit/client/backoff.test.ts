import { expect, test } from 'vitest'
import { backoffDelay } from '../../../src/client/backoff.ts'

test('doubles its ceiling up to the limit and draws from all below it', () => {
  const ceilings = [0, 1, 2, 3, 4, 1000].map((n) => backoffDelay(n, { initialMs: 100, maxMs: 1000 }, () => 1))
  expect(ceilings).toEqual([100, 200, 400, 800, 1000, 1000])
  expect(backoffDelay(3, { initialMs: 100 }, () => 0.25)).toBe(200)
  expect(backoffDelay(3, { initialMs: 100 }, () => 0)).toBe(0)
})
