import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOffsetTracker } from '../../../src/runtime/offset-tracker.ts'

const partition = { topic: 't', partition: 0 }

test('never offers more than was consumed, nor what is committed already, whatever the task allows', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ consumed: fc.bigInt(0n, 100n), allowed: fc.bigInt(-5n, 120n), commits: fc.boolean() }), {
        maxLength: 30,
      }),
      (steps) => {
        const tracker = createOffsetTracker()
        tracker.opened([{ ...partition, offset: 0n }])
        let high = 0n
        let committed = 0n
        for (const step of steps) {
          tracker.consumed([{ ...partition, offset: step.consumed, timestamp: 0 }])
          if (step.consumed > high) high = step.consumed
          const offered = tracker.committable([{ ...partition, offset: step.allowed }])
          for (const { offset } of offered) {
            expect(offset).toBeLessThanOrEqual(high)
            expect(offset).toBeGreaterThan(committed)
          }
          if (step.commits && offered[0]) {
            tracker.committed(offered)
            committed = offered[0].offset
          }
        }
      },
    ),
  )
})

test('offers nothing of a partition that is no longer owned', () => {
  const tracker = createOffsetTracker()
  tracker.opened([{ ...partition, offset: 0n }])
  tracker.consumed([{ ...partition, offset: 5n, timestamp: 0 }])
  tracker.closed([partition])
  expect(tracker.committable([{ ...partition, offset: 5n }])).toEqual([])
})

test('a commit found at the start is never taken back, and what lies below it is refill', () => {
  const tracker = createOffsetTracker()
  tracker.opened([{ ...partition, offset: 10n, committed: 50n }])
  tracker.consumed([{ ...partition, offset: 30n, timestamp: 0 }])
  expect(tracker.committable()).toEqual([])
  expect(tracker.isRefill({ ...partition, offset: 49n })).toBe(true)
  expect(tracker.isRefill({ ...partition, offset: 50n })).toBe(false)
  tracker.consumed([{ ...partition, offset: 60n, timestamp: 0 }])
  expect(tracker.committable()).toEqual([{ ...partition, offset: 60n }])
})

test('rewinding goes to the last commit', () => {
  const tracker = createOffsetTracker()
  tracker.opened([{ ...partition, offset: 3n }])
  tracker.consumed([{ ...partition, offset: 9n, timestamp: 0 }])
  expect(tracker.rewind()).toEqual([{ ...partition, offset: 3n }])
  expect(tracker.all()).toEqual([{ ...partition, offset: 3n }])
})

test('no record of a group is refill, also when the log has less than the group had committed', () => {
  const tracker = createOffsetTracker()
  tracker.opened([{ ...partition, offset: 1000n }])
  expect(tracker.isRefill({ ...partition, offset: 1n })).toBe(false)
})
