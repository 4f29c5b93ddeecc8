import { expect, test } from 'vitest'
import {
  channelProblem,
  matches,
  overlap,
  parsePattern,
  patternNamespace,
  templatePattern,
} from '../../../src/gateway/channels.ts'

test('a channel is segments of a small alphabet', () => {
  for (const good of ['buses', 'bus:12', 'a:b.c:_~-%C3%A4']) expect(channelProblem(good, 255)).toBeUndefined()
  const bad = ['', ':', 'bus:', ':bus', 'bus::1', 'bus:a b', 'bus:ä', 'bus:%zz', 'bus:%c3', 'bus:*', 'bus:\n']
  expect(bad.filter((text) => !channelProblem(text, 255)?.includes('segments'))).toEqual([])
  expect(channelProblem(`bus:${'x'.repeat(300)}`, 255)).toContain('longer than 255')
})

test('a star in a pattern is one segment, as the last one the rest', () => {
  expect(matches(parsePattern('bus:*'), 'bus:1')).toBe(true)
  expect(matches(parsePattern('bus:*'), 'bus:1:2')).toBe(true)
  expect(matches(parsePattern('bus:*'), 'bus')).toBe(false)
  expect(matches(parsePattern('bus:*:x'), 'bus:1:x')).toBe(true)
  expect(matches(parsePattern('bus:*:x'), 'bus:1:2:x')).toBe(false)
  expect(matches(parsePattern('bus'), 'buses')).toBe(false)
})

test('a template matches what it can make', () => {
  const pattern = templatePattern('bus:v#{value.id}-x:#{key}')
  expect(patternNamespace(pattern)).toBe('bus')
  expect(matches(pattern, 'bus:v12-x:k')).toBe(true)
  expect(matches(pattern, 'bus:v12-y:k')).toBe(false)
  expect(matches(pattern, 'bus:v-x:k:more')).toBe(false)
  expect(patternNamespace(templatePattern('#{topic}:x'))).toBeUndefined()
  // A colon inside an expression does not end the segment.
  expect(templatePattern('bus:#{header:id}').segments).toHaveLength(2)
})

test.each([
  ['bus:#{value.id}', 'bus:#{value.label}', true],
  ['bus:#{value.id}', 'buses', false],
  ['bus:a#{value.id}', 'bus:b#{value.id}', false],
  ['bus:#{value.id}-a', 'bus:#{value.id}-b', false],
  ['bus:#{value.id}', 'bus:one', true],
  ['bus:#{value.id}', 'bus:#{value.id}:x', false],
])('%s and %s overlap: %s', (a, b, expected) => {
  expect(overlap(templatePattern(a), templatePattern(b))).toBe(expected)
  expect(overlap(templatePattern(b), templatePattern(a))).toBe(expected)
})

test('patterns with a rest overlap what lies below them', () => {
  expect(overlap(parsePattern('bus:*'), parsePattern('bus:1:2'))).toBe(true)
  expect(overlap(parsePattern('bus:*'), parsePattern('bus'))).toBe(false)
  expect(overlap(parsePattern('bus:1:*'), parsePattern('bus:*'))).toBe(true)
})
