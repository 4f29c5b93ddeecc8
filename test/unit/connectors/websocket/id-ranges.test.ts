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

test('removes an id out of the middle of a range', () => {
  const ranges = createIdRanges(8, '1-5,9')
  ranges.remove(3)
  ranges.remove(9)
  ranges.remove(7)
  expect([ranges.text(), ranges.highest()]).toEqual(['1-2,4-5', 5])
})

test.each(['x', '5-1', '3,2', '1-2,2', '1,,2', '99999999999999999'])('of the text %s nothing is believed', (text) => {
  expect(createIdRanges(8, text).text()).toBe('')
})
