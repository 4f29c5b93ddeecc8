import { expect, test } from 'vitest'
import { groupOffsets } from '../../../src/kafka/starts.ts'

const partition = { topic: 't', partition: 0 }
const asker = (committed: bigint | undefined) => ({
  committed: async () => (committed === undefined ? [] : [{ ...partition, offset: committed }]),
  bounds: async (_: readonly string[], end?: 'log' | 'stable') => [
    { ...partition, low: 5n, high: end === 'stable' ? 7n : 9n },
  ],
})
const start = async (committed: bigint | undefined, reset: 'earliest' | 'latest' | 'none') =>
  (await groupOffsets(asker(committed), 'g', reset, [partition]))[0]?.offset

test.each([5n, 7n, 9n])('a group continues after its commit %d, which the log holds or ends at', async (committed) => {
  for (const reset of ['earliest', 'latest', 'none'] as const) expect(await start(committed, reset)).toBe(committed)
})

test.each([undefined, 4n, 10n, 1000n])('commit %s leaves the start to auto.offset.reset', async (committed) => {
  expect(await start(committed, 'earliest')).toBe(5n)
  expect(await start(committed, 'latest')).toBe(9n)
  await expect(start(committed, 'none')).rejects.toThrow(
    committed === undefined
      ? /has no committed offset for t-0, and/
      : `offset ${committed} for t-0, which holds 5 to 9`,
  )
})

test('an open transaction is the end for who reads committed records, and makes no commit beyond it void', async () => {
  const of = async (committed: bigint | undefined) =>
    (await groupOffsets(asker(committed), 'g', 'latest', [partition], 'read_committed'))[0]?.offset
  expect(await of(undefined)).toBe(7n)
  expect(await of(9n)).toBe(9n)
})
