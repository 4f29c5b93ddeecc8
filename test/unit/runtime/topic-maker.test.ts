import { expect, test } from 'vitest'
import { RetriableError } from '#api'
import { createTopicMaker, isNoTopic } from '../../../src/runtime/topic-maker.ts'
import { quietLog } from '../../support/quiet.ts'

function setUp(existing: readonly string[], refuse?: Error) {
  const topics = new Set(existing)
  const asked: string[] = []
  const made: unknown[] = []
  let away = false
  const maker = createTopicMaker({
    matcher: () => ({ group: 'default', partitions: 2, replicationFactor: 1, configs: { 'retention.ms': '5' } }),
    kafka: {
      async topicExists(topic, props) {
        expect(props).toEqual({ 'request.timeout.ms': '5' })
        asked.push(topic)
        if (away) throw new Error('connection refused')
        return topics.has(topic)
      },
      async createTopic(topic, options) {
        if (refuse) throw refuse
        made.push([topic, options])
        topics.add(topic)
      },
    },
    admin: { 'request.timeout.ms': '5' },
    log: quietLog,
  })
  return { maker, asked, made, topics, goAway: (isAway: boolean) => (away = isAway) }
}

test('a topic is asked for once, and made only when it does not exist', async () => {
  const { maker, asked, made } = setUp(['old'])
  await maker.makeFor([{ topic: 'old' }, { topic: 'new' }, { topic: 'new' }])
  await maker.makeFor([{ topic: 'new' }, { topic: 'old' }])
  expect(asked).toEqual(['old', 'new'])
  const options = {
    partitions: 2,
    replicationFactor: 1,
    configs: { 'retention.ms': '5' },
    props: { 'request.timeout.ms': '5' },
  }
  expect(made).toEqual([['new', { ...options }]])
})

test('while Kafka is away it is worth another try, and nothing is taken for known', async () => {
  const { maker, made, goAway } = setUp([])
  goAway(true)
  await expect(maker.makeFor([{ topic: 't' }])).rejects.toThrow(RetriableError)
  goAway(false)
  await maker.makeFor([{ topic: 't' }])
  expect(made).toHaveLength(1)
})

test('a topic that another task made meanwhile is fine, one that nobody can make is not', async () => {
  const raced = setUp([], new Error('exists'))
  const making = raced.maker.makeFor([{ topic: 't' }])
  raced.topics.add('t')
  await making
  const error = await setUp([], new Error('not authorised'))
    .maker.makeFor([{ topic: 't' }])
    .catch((caught: unknown) => caught)
  expect(isNoTopic(error)).toBe(true)
  expect(String(error)).toContain('Task failed to create new topic t as topic.creation.default says: not authorised')
})
