import { expect, test } from 'vitest'
import type { FetchedMessage } from '../../../src/kafka/internals.ts'
import { nextOffsetOf } from '../../../src/kafka/log-fetch.ts'
import { isFinal } from '../../../src/kafka/refusals.ts'
import { matchTopics, watchTopics } from '../../../src/kafka/topics.ts'

const message = (offset: number): FetchedMessage => ({ offset: String(offset), timestamp: '1', key: null, value: null })
const fetched = (offsets: readonly number[], from: bigint, end = 100) => ({
  topic: 't',
  from,
  fetched: { partition: 0, highWatermark: String(end), lastStableOffset: String(end), messages: offsets.map(message) },
})

test('reading continues after the last record', () => {
  expect(nextOffsetOf(fetched([5, 6, 9], 5n), false)).toBe(10n)
})

test('records before the position alone mean that what it held was compacted away', () => {
  expect(nextOffsetOf(fetched([3, 4], 7n), false)).toBe(8n)
})

test('an empty answer below the end steps over an empty batch, unless others filled the answer', () => {
  expect(nextOffsetOf(fetched([], 7n), true)).toBe(8n)
  expect(nextOffsetOf(fetched([], 7n), false)).toBe(7n)
  expect(nextOffsetOf(fetched([], 100n), true)).toBe(100n)
})

test('only what no further try can mend is final', () => {
  const named = (name: string) => Object.assign(new Error('x'), { name })
  expect(isFinal(named('KafkaJSNotImplemented'))).toBe(true)
  expect(isFinal(named('KafkaJSConnectionError'))).toBe(false)
  const refused = Object.assign(new Error('x'), { type: 'TOPIC_AUTHORIZATION_FAILED' })
  expect(isFinal(new Error('y', { cause: refused }))).toBe(true)
  const untrusted = Object.assign(named('KafkaJSConnectionError'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  expect(isFinal(new Error('y', { cause: untrusted }))).toBe(true)
  const authentication = (text: string) => Object.assign(new Error(text), { name: 'KafkaJSSASLAuthenticationError' })
  expect(isFinal(authentication('SASL PLAIN authentication failed: invalid credentials'))).toBe(true)
  expect(isFinal(authentication('SASL PLAIN authentication failed: Closed connection'))).toBe(false)
})

test('an expression matches whole names, and never the topics of Kafka itself', () => {
  const all = ['a', 'b', '__consumer_offsets']
  expect(matchTopics([/^.*$/], all)).toEqual({ existing: ['a', 'b'], missing: [] })
  expect(matchTopics(['__consumer_offsets', 'c'], all)).toEqual({ existing: ['__consumer_offsets'], missing: ['c'] })
})

test('what is missing is told once, and looked for more often', async () => {
  const told: (readonly string[])[] = []
  let all: string[] = []
  const watch = watchTopics(
    ['a'],
    async () => all,
    (missing) => told.push(missing),
  )
  await watch.look()
  await watch.look()
  expect(watch.interval()).toBeLessThan(5000)
  all = ['a']
  expect(await watch.look()).toEqual(['a'])
  expect(told).toEqual([['a'], []])
  expect(watch.interval()).toBeGreaterThan(5000)
})
