import { expect, test } from 'vitest'
import { all, atLeast, between, isRegex, isUrl, nonEmpty, oneOfIgnoringCase } from '#api'

test('each accepts what it should and says what is wrong with the rest', () => {
  expect([nonEmpty('a'), nonEmpty(['a']), nonEmpty(''), nonEmpty([])]).toEqual([
    undefined,
    undefined,
    'String must be non-empty',
    'must not be empty',
  ])
  expect([atLeast(1)(1), atLeast(1)(0)]).toEqual([undefined, 'Value must be at least 1'])
  expect([0, 2, 3].map(between(1, 2))).toEqual(['Value must be at least 1', undefined, 'Value must be no more than 2'])
  expect([oneOfIgnoringCase('a', 'b')('B'), oneOfIgnoringCase('a', 'b')('c')]).toEqual([
    undefined,
    'String must be one of (case insensitive): A, B',
  ])
  expect([isRegex('a+'), isRegex('(')]).toEqual([undefined, expect.stringContaining('not a regular expression')])
})

test('a URL has one of the protocols', () => {
  const socket = isUrl('ws:', 'wss:')
  expect(socket('wss://a.example/x')).toBeUndefined()
  const complaint = 'must be a URL starting with ws:// or wss://'
  expect([socket('http://a'), socket('nonsense')]).toEqual([complaint, complaint])
})

test('of several the first complaint counts', () => {
  const validator = all(nonEmpty, (value: string) => (value === 'x' ? 'no x' : undefined))
  expect(['', 'x', 'y'].map((value) => validator(value as never, 'k'))).toEqual([
    'String must be non-empty',
    'no x',
    undefined,
  ])
})
