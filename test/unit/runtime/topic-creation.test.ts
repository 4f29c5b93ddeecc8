import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { topicMatcher } from '../../../src/runtime/topic-creation.ts'

const defaults = { 'topic.creation.default.partitions': '3', 'topic.creation.default.replication.factor': '1' }

test('without any of its properties, or when the worker forbids it, topics are the broker’s affair', () => {
  expect(topicMatcher({ topic: 't' }, true)).toBeUndefined()
  expect(topicMatcher({ 'topic.creation.groups': 'a' }, false)).toBeUndefined()
})

test('the first group in the order of the list decides, exclusion before inclusion, and the default takes the rest', () => {
  const find = topicMatcher(
    {
      ...defaults,
      'topic.creation.default.retention.ms': '1000',
      'topic.creation.groups': 'logs, all, default',
      'topic.creation.logs.include': 'log-.*,trace',
      'topic.creation.logs.exclude': 'log-private',
      'topic.creation.logs.partitions': '-1',
      'topic.creation.logs.cleanup.policy': 'compact',
      'topic.creation.logs.compression.type': 'gzip',
      'topic.creation.all.include': '.*-.*',
      'topic.creation.all.replication.factor': '2',
    },
    true,
  )
  const compact = { 'cleanup.policy': 'compact', 'compression.type': 'gzip' }
  expect(find?.('log-a')).toEqual({ group: 'logs', partitions: -1, replicationFactor: 1, configs: compact })
  expect(find?.('trace')?.group).toBe('logs')
  expect(find?.('log-private')).toEqual({ group: 'all', partitions: 3, replicationFactor: 2, configs: {} })
  // The whole name has to match.
  expect(find?.('traces')).toEqual({
    group: 'default',
    partitions: 3,
    replicationFactor: 1,
    configs: { 'retention.ms': '1000' },
  })
})

test('a group without an expression matches nothing', () => {
  const find = topicMatcher({ ...defaults, 'topic.creation.groups': 'a', 'topic.creation.a.partitions': '9' }, true)
  expect(find?.('t')?.group).toBe('default')
})

test('everything that is wrong is told at once, in Kafka Connect’s words', () => {
  const wrong = () =>
    topicMatcher(
      {
        'topic.creation.groups': 'a',
        'topic.creation.a.include': '(',
        'topic.creation.a.partitions': '0',
        'topic.creation.default.replication.factor': '-2',
      },
      true,
    )
  expect(wrong).toThrow(ConfigError)
  expect(wrong).toThrow(
    'Missing required configuration "topic.creation.default.partitions" which has no default value.',
  )
  expect(wrong).toThrow(
    "Invalid value 0 for configuration topic.creation.a.partitions: Number of partitions must be positive, or -1 to use the broker's default",
  )
  expect(wrong).toThrow(
    'Invalid value -2 for configuration topic.creation.default.replication.factor: Replication factor must be positive',
  )
  expect(wrong).toThrow('topic.creation.a.include: Syntax error in regular expression')
})
