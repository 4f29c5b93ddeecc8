import { expect, test } from 'vitest'
import { compileChannel } from '../../../../src/connectors/websocket/channel-template.ts'
import { sinkRecord } from '../../../conformance/run-task.ts'

const record = sinkRecord(
  9,
  { id: "a:b/c *'(ü", big: 2n ** 60n, ok: true, deep: { list: [{ x: 1 }] }, empty: '', none: null, half: '\uD800' },
  {
    key: { a: { b: 'k' } },
    headers: [
      { key: 'x.y', value: 'old' },
      { key: 'x.y', value: 'new' },
    ],
  },
)

test.each([
  ['a:#{value.id}', 'a:a%3Ab%2Fc%20%2A%27%28%C3%BC'],
  ['a:#{value.big}-#{value.ok}', 'a:1152921504606846976-true'],
  ['a:#{key.a.b}:#{header.x.y}', 'a:k:new'],
  ['a:#{topic}:#{partition}:#{offset}', 'a:t:0:9'],
  ['a:#{value.deep.list.0.x}', 'a:1'],
  ['plain', 'plain'],
])('makes of %s %s', (template, channel) => {
  expect(compileChannel(template)(record)).toBe(channel)
})

test.each([
  ['value.missing', 'is missing'],
  ['value.none', 'is missing'],
  ['value.deep', 'is an object'],
  ['value.deep.list', 'is an array'],
  ['value.empty', 'is empty'],
  ['value.half', 'is not well-formed Unicode'],
  ['value.toString', 'is missing'],
])('names %s when it %s', (expression, problem) => {
  const render = compileChannel(`a:#{${expression}}`)
  expect(() => render(record)).toThrow(`"#{${expression}}" ${problem}`)
})

test('refuses a channel of more than 255 characters', () => {
  const render = compileChannel('a:#{value}')
  expect(render(sinkRecord(1, 'x'.repeat(253)))).toHaveLength(255)
  expect(() => render(sinkRecord(1, 'x'.repeat(254)))).toThrow('256 characters')
})
