import { expect, test } from 'vitest'
import { ruleOf } from '../../../../src/connectors/websocket/rule.ts'

const props = {
  name: 'a',
  topics: 't',
  channel: 'bus:#{value.id}',
  'transforms.p.type': 'Project',
  'window.max.bytes': '1',
}

test('stays when names, limits, access or the order of properties change', () => {
  const reordered = Object.fromEntries(Object.entries(props).toReversed())
  const access = {
    'value.converter.schema.registry.url': 'http://other',
    'value.converter.basic.auth.user.info': 'a:b',
  }
  expect(ruleOf({ ...reordered, name: 'b', 'window.max.bytes': '2', ...access })).toBe(ruleOf(props))
})

test.each([
  { topics: 'u' },
  { channel: 'bus:#{key}' },
  { 'message.key': 'value.id' },
  { 'transforms.p.type': 'Filter' },
  { 'predicates.x.type': 'TopicNameMatches' },
  { 'value.converter': 'JsonConverter' },
])('changes with %j', (change) => {
  expect(ruleOf({ ...props, ...change })).not.toBe(ruleOf(props))
})
