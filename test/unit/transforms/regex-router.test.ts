import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { regexRouter } from '../../../src/transforms/regex-router.ts'
import { aRecord, testTransformation } from '../../conformance/transformation.ts'
import { vehicle, vehicleSchema } from './vehicle.ts'

testTransformation({
  plugin: regexRouter,
  props: { regex: '(.*)-topic', replacement: '$1-b' },
  value: vehicle,
  schema: vehicleSchema,
  ofNull: 'null',
})

const route = (regex: string, replacement: string, topic: string) => {
  const transform = regexRouter.create(regexRouter.config.parse({ regex, replacement }))
  return (transform(aRecord({ topic })) as { topic: string }).topic
}

test('changes the topic shown and nothing else', () => {
  const transform = regexRouter.create(regexRouter.config.parse({ regex: 'a-(.*)', replacement: 'b-$1' }))
  const record = aRecord()
  expect(transform(record)).toEqual({ ...record, topic: 'b-topic' })
})

test.each([
  ['the whole topic has to match', 'transit', 'x', 'transit.vehicles', 'transit.vehicles'],
  ['groups are inserted', '(\\w+)\\.(\\w+)', '$2-$1', 'a.b', 'b-a'],
  ['a group that took no part is empty', '(x)?(.*)', '[$1]$2', 'abc', '[]abc'],
  ['names of groups work', '(?<env>\\w+)-(.*)', '${env}.$2', 'dev-t', 'dev.t'],
  ['a second digit counts only if there is such a group', '(a)(b)', '$11', 'ab', 'a1'],
  ['an escaped dollar is a dollar', 'a', '\\$1', 'a', '$1'],
  ['an escaped backslash is one', 'a', 'x\\\\', 'a', 'x\\'],
  ['JavaScript replacement patterns mean nothing', '(a)', '$1`b&', 'a', 'a`b&'],
  ['flags stand in front', '(?i)ABC', 'x', 'abc', 'x'],
  ['quoted text is literal', '\\Qa.b\\E(.*)', '$1', 'a.bc', 'c'],
  ['anchors of Java are understood', '\\Aa\\z', 'x', 'a', 'x'],
  ['the first find is replaced, as in Java', 'a|ab', 'x', 'ab', 'xb'],
  ['an alternative does not escape the whole match', 'a|b', 'x', 'ax', 'ax'],
])('%s', (_, regex, replacement, topic, expected) => {
  expect(route(regex, replacement, topic)).toBe(expected)
})

test.each([
  ['a', '$1', 'No group 1'],
  ['a', '$', 'Illegal group reference'],
  ['a', '$x', 'Illegal group reference'],
  ['a', '${x}', 'No group with name {x}'],
  ['a', 'x\\', 'character to be escaped is missing'],
])('the replacement of %s by %s is refused', (regex, replacement, message) => {
  expect(() => route(regex, replacement, 'a')).toThrow(ConfigError)
  expect(() => route(regex, replacement, 'a')).toThrow(message)
})

test.each(['(', 'a)(b', '(?x)a', '*'])('the expression %s is refused by validation', (regex) => {
  expect(regexRouter.config.validate({ regex, replacement: 'x' })[0]?.errors[0]).toContain('Invalid regex')
})

test('a topic that is quoted and caught in a group comes out as it went in', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9._-]{1,40}$/), fc.string(), (topic, before) => {
      const literal = before.replace(/[\\$]/g, '\\$&').trim()
      expect(route(`(\\Q${topic}\\E)`, `|${literal}|$1|`, topic)).toBe(`|${before.trim()}|${topic}|`)
    }),
  )
})
