import { expect, test } from 'vitest'
import { covers } from '../../../src/client/pattern.ts'

test.each([
  ['bus:*', 'bus:7', true],
  ['bus:*', 'bus:7:doors', true],
  ['bus:*', 'bus', false],
  ['bus:*:doors', 'bus:7:doors', true],
  ['bus:*:doors', 'bus:7:8:doors', false],
  ['bus:*:doors', 'bus:7', false],
  ['bus:7', 'bus:7', true],
  ['bus:7', 'bus:7:doors', false],
])('%s and %s: %s', (pattern, channel, isCovered) => {
  expect(covers(pattern, channel)).toBe(isCovered)
})
