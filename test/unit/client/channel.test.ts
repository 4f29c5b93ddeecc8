import { expect, test } from 'vitest'
import { covers } from '../../../src/client/channel.ts'

test.each([
  ['bus:7', 'bus:7', true],
  ['bus:7', 'bus:71', false],
  ['bus:*', 'bus:7', true],
  ['bus:*', 'bus', false],
  ['bus:*', 'bus:7:doors', true],
  ['bus:*:doors', 'bus:7:doors', true],
  ['bus:*:doors', 'bus:7:8:doors', false],
  ['*', 'buses', true],
])('%s covers %s: %s', (pattern, channel, expected) => {
  expect(covers(pattern, channel)).toBe(expected)
})
