import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIdRanges } from '../../../../src/connectors/websocket/id-ranges.ts'

test('has what was added and nothing else, in whichever order it came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), (ids) => {
      const ranges = createIdRanges(100)
      for (const id of ids) ranges.add(id)
      for (let id = -1; id <= 31; id++) expect(ranges.has(id)).toBe(ids.includes(id))
    }),
  )
})

test('forgets the lowest range beyond its limit, and counts ids in a row as one', () => {
  const ranges = createIdRanges(2)
  for (let id = 0; id < 1000; id++) ranges.add(id)
  ranges.add(2000)
  expect([0, 999, 2000].map((id) => ranges.has(id))).toEqual([true, true, true])
  ranges.add(3000)
  expect([0, 999, 2000, 3000].map((id) => ranges.has(id))).toEqual([false, false, true, true])
})
