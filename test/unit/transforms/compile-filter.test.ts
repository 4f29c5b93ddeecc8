import { describe, expect, it } from 'vitest'
import { compileFilter } from '../../../src/transforms/expression/compile-filter.ts'

const message = { value: { speed: 10, route: '7', stops: [1, 2] }, key: 'b1', channel: 'bus:b1' }

describe('a filter', () => {
  it.each([
    ['value.speed > 9', true],
    ['value.speed + 1 > 11', false],
    ['value.route in ["7", "8"]', true],
    ['key == "b1" && channel.startsWith("bus:")', true],
    ['value.stops.exists(stop, stop == 2)', true],
    ['has(value.delay)', false],
  ])('%s gives %s', (text, passes) => {
    expect(compileFilter(text)(message)).toBe(passes)
  })

  it.each([
    ['value.speed >', /at character \d+: Unexpected token/],
    ['value.speed > 1 && foo == 1', /at character 20: Unknown variable: foo/],
    ['topic == "t"', /Unknown variable: topic \(known are value, key, channel\)/],
    ['1 + 1', /gives int and not true or false/],
    ['value.route.fits("(a+)+")', /no matching overload/],
    ['value.route.matches("a")', /"matches" is not offered/],
    ['value.a.exists(x, x.exists(y, true))', /stands inside another/],
    [Array.from({ length: 60 }, (_, i) => `value.n == ${i}`).join(' || '), /Exceeded maxAstNodes/],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, /Exceeded maxDepth/],
  ])('%s is refused', (text, why) => {
    expect(() => compileFilter(text)).toThrow(why)
  })

  it.each(['value.delay > 1', 'value.speed', 'value.speed > "a"'])(
    '%s fails on a message that does not suit it',
    (text) => {
      expect(() => compileFilter(text)(message)).toThrow(/No such key|truth|no such overload|true or false/)
    },
  )
})
