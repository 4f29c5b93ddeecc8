import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '#api'
import type { Broker, Cluster } from '../../../src/kafka/internals.ts'
import { type LogReader, startLogReader } from '../../../src/kafka/log-reader.ts'
import { readClientProps } from '../../../src/kafka/read-props.ts'
import { quietLog } from '../../support/quiet.ts'

const partition = { topic: 't', partition: 0 }
const signal = new AbortController().signal

/** A topic of one partition, read from its beginning, that a test makes anew. */
function setUp(topicId: string | undefined) {
  const topic = { id: topicId, name: 'old', length: 5, failure: undefined as Error | undefined, isSilent: false }
  let now = 0
  const told: boolean[] = []
  const clock: Clock = { now: () => now, sleep: () => turn() }
  const bounds = async () => [{ ...partition, low: 0n, high: BigInt(topic.length) }]
  const fetch: Broker['fetch'] = async ({ topics }) => {
    await turn()
    const { failure } = topic
    topic.failure = undefined
    if (failure) throw failure
    const from = Number(topics[0]?.partitions[0]?.fetchOffset)
    const messages = Array.from({ length: Math.max(0, topic.length - from) }, (_, n) => ({
      offset: String(from + n),
      timestamp: '1',
      key: null,
      value: Buffer.from(`${topic.name} ${from + n}`),
    }))
    const partitions = [{ partition: 0, highWatermark: String(topic.length), messages }]
    return { responses: [{ topicName: 't', partitions }] }
  }
  const cluster = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadata: async () => {
      if (topic.isSilent) throw new Error('no answer')
    },
    findLeaderForPartitions: () => ({ 1: [0] }),
    findBroker: async () => ({ fetch }),
    brokerPool: { brokers: {} },
  } as unknown as Cluster
  const reader = startLogReader(
    {
      newCluster: async () => cluster,
      explain: (error) => error,
      settings: readClientProps('consumer', {}).consumer,
      log: quietLog,
      clock,
      topics: { look: async () => ['t'], interval: () => 30_000 },
      starts: [{ ...partition, offset: 0n, end: 5n, topicId }],
      bounds,
      topicIds: async () => (topic.id === undefined ? undefined : new Map([['t', topic.id]])),
      commit: async () => undefined,
    },
    {
      groupId: 'g',
      clientId: 'c',
      topics: ['t'],
      maxPollRecords: 100,
      onUpstream: ({ reachable }) => void told.push(reachable),
      onMissing() {},
    },
  )
  onTestFinished(() => reader.close())
  return { topic, reader, told, pass: (ms: number) => void (now += ms) }
}

/** What comes until there are so many records, and where reading began. */
async function read(reader: LogReader, count: number) {
  const [values, opened]: [string[], unknown[]] = [[], []]
  while (values.length < count) {
    const { assigned, batches } = await reader.poll(1000, signal)
    opened.push(...assigned.map(({ offset, topicId }) => [offset, topicId]))
    values.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))))
  }
  return { values, opened }
}
const numbered = (name: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => `${name} ${from + n}`)
const failure = (type: string): Error => Object.assign(new Error(type), { type })

type Happening = (at: ReturnType<typeof setUp>) => void
const happenings: readonly (readonly [string, Happening])[] = [
  ['Kafka was away', ({ topic }) => void (topic.failure = new Error('closed connection'))],
  ['its offset was out of range for a moment', ({ topic }) => void (topic.failure = failure('OFFSET_OUT_OF_RANGE'))],
  ['it was unknown for a moment', ({ topic }) => void (topic.failure = failure('UNKNOWN_TOPIC_OR_PARTITION'))],
  ['half a minute has passed', ({ pass }) => pass(30_000)],
]

test.each(happenings)('a topic made anew with more records is read from its beginning when %s', async (_, happen) => {
  const at = setUp('one')
  expect(await read(at.reader, 5)).toEqual({ values: numbered('old', 0, 5), opened: [[0n, 'one']] })
  Object.assign(at.topic, { id: 'two', name: 'new', length: 20 })
  happen(at)
  const { values, opened } = await read(at.reader, 20)
  expect(opened).toEqual([[0n, 'two']])
  expect(values.slice(-20)).toEqual(numbered('new', 0, 20))
})

test.each([undefined, 'one'])(
  'what is the same topic by its id %s, as far as that is known, is read on',
  async (id) => {
    for (const [, happen] of happenings) {
      const at = setUp(id)
      await read(at.reader, 5)
      happen(at)
      at.topic.length = 9
      expect(await read(at.reader, 4)).toEqual({ values: numbered('old', 5, 9), opened: [] })
    }
  },
)

test('Kafka counts as away when neither a fetch nor the question for its brokers is answered', async () => {
  const at = setUp('one')
  await read(at.reader, 5)
  Object.assign(at.topic, { isSilent: true, failure: new Error('no answer'), length: 9 })
  await read(at.reader, 4)
  expect(at.told).toEqual([false, true])
  Object.assign(at.topic, { isSilent: false, failure: new Error('closed connection'), length: 12 })
  await read(at.reader, 3)
  expect(at.told).toEqual([false, true])
})
