import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffDelay } from '../../../src/util/backoff.ts'

test('doubles up to the most', () => {
  expect([0, 1, 2, 3, 4, 1000].map((attempt) => backoffDelay(attempt, { initialMs: 100, maxMs: 1000 }))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
})

test('full jitter reaches from nothing to the whole delay', () => {
  const options = { initialMs: 100, maxMs: 1000, jitter: 1 }
  expect([0, 0.5, 1].map((random) => backoffDelay(1, { ...options, random: () => random }))).toEqual([200, 100, 0])
})

test('never leaves its bounds', () => {
  const options = fc.record({
    initialMs: fc.nat(1e6),
    maxMs: fc.nat(1e6),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.nat(), options, (attempt, given) => {
      const delay = backoffDelay(attempt, given)
      expect(delay).toBeGreaterThanOrEqual(0)
      expect(delay).toBeLessThanOrEqual(given.maxMs)
    }),
  )
})
