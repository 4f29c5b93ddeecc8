import { expect, test } from 'vitest'
import type { PredicatePlugin } from '#api'
import { predicates, transformations } from '../../../src/transforms/index.ts'
import { hasHeaderKey } from '../../../src/transforms/predicates/has-header-key.ts'
import { recordIsTombstone } from '../../../src/transforms/predicates/record-is-tombstone.ts'
import { topicNameMatches } from '../../../src/transforms/predicates/topic-name-matches.ts'
import { aRecord } from '../../conformance/transformation.ts'

const ask = (plugin: PredicatePlugin, props: Record<string, string>, record = aRecord()) =>
  plugin.create(plugin.config.parse(props))(record)

test('TopicNameMatches wants the whole topic', () => {
  expect(ask(topicNameMatches, { pattern: 'a-.*' })).toBe(true)
  expect(ask(topicNameMatches, { pattern: 'a-' })).toBe(false)
  expect(() => ask(topicNameMatches, { pattern: '(' })).toThrow('Invalid regex')
})

test('HasHeaderKey looks for a name', () => {
  expect(ask(hasHeaderKey, { name: 'h' })).toBe(true)
  expect(ask(hasHeaderKey, { name: 'i' })).toBe(false)
  expect(() => ask(hasHeaderKey, { name: '' })).toThrow('String must be non-empty')
})

test('RecordIsTombstone asks for a null value', () => {
  expect(ask(recordIsTombstone, {}, aRecord({ value: null }))).toBe(true)
  expect(ask(recordIsTombstone, {}, aRecord({ value: 0 }))).toBe(false)
})

test('the lists hold every plugin once, under names that differ', () => {
  expect(transformations.map(({ name }) => name)).toEqual(transformations.map(({ name }) => name).toSorted())
  expect(predicates.map(({ name }) => name)).toEqual(['HasHeaderKey', 'RecordIsTombstone', 'TopicNameMatches'])
  const names = [...transformations, ...predicates].flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(new Set(names).size).toBe(names.length)
})
