import { expect, test } from 'vitest'
import { errorCount } from '../../../src/runtime/validated-key.ts'
import { sink, smt, validate } from './plugins.ts'

/** Each with the property that the error names, the value that is wrong, and a word of what would be right. */
const mistakes = [
  ['tasks.max', '0', 'at least 1'],
  ['tasks.max.enforce', 'yes', 'true or false'],
  ['config.action.reload', 'reboot', 'none, restart'],
  ['errors.tolerance', 'some', 'none, all'],
  ['errors.retry.timeout', 'soon', 'LONG'],
  ['errors.deadletterqueue.topic.replication.factor', '40000', 'SHORT'],
  ['errors.deadletterqueue.topic.name', 't', 'may not be included'],
  ['value.converter', 'JsonConvertr', 'Did you mean'],
  ['transforms.a.type', `${smt}RegexRuter`, 'RegexRouter'],
  ['transforms.b.predicate', 'isTombston', 'isTombstone'],
  ['predicates.named.pattern', '[', 'regex'],
  ['consumer.override.max.poll.records', 'many', 'INT'],
] as const

test('a declaration with twelve different mistakes gets twelve errors at once', () => {
  const { keys } = validate({
    ...sink,
    ...Object.fromEntries(mistakes.map(([name, value]) => [name, value])),
    transforms: 'a,b',
    'transforms.b.type': `${smt}Filter`,
    predicates: 'isTombstone,named',
    'predicates.isTombstone.type': `${smt}predicates.RecordIsTombstone`,
    'predicates.named.type': `${smt}predicates.TopicNameMatches`,
  })
  const errors = keys.flatMap((key) => key.errors)
  expect(errors).toHaveLength(mistakes.length)
  expect(errorCount(keys)).toBe(mistakes.length)
  for (const [name, value, right] of mistakes) {
    // Kafka Connect reports a dead letter queue that is read itself on `topics`.
    const called = name === 'errors.deadletterqueue.topic.name' ? 'DLQ topic' : name
    const named = errors.filter((error) => error.includes(called) && error.includes(value) && error.includes(right))
    expect({ name, errors: named.length }).toEqual({ name, errors: 1 })
  }
})
