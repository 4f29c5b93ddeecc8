import { setImmediate as turn } from 'node:timers/promises'
import type { Clock, PartitionPast, ReplayRange, TopicPartitionOffset } from '#api'
import { messageOf, RetriableError } from '#api'
import type { Asker } from './asker.ts'
import { chunkBatch } from './batches.ts'
import type { Connection } from './connections.ts'
import type { FetchedMessage } from './internals.ts'
import { type Fetched, type FetchLimits, fetchPartitions, isOffsetOutOfRange, nextOffsetOf } from './log-fetch.ts'
import { toRecord, visibleMessages } from './messages.ts'
import { partitionId } from './partition-map.ts'
import type { PastRecords, RecordBatch, TopicHistory } from './ports.ts'
import { askOffsetsAt } from './topic-bounds.ts'
import { topicInfo } from './topic-info.ts'
import { matchTopics, type TopicSpec } from './topics.ts'

export interface TopicHistoryDeps {
  /** Asks where partitions begin and end, and how topics are configured. */
  readonly asker: Asker
  /** Fetches, on connections of its own: a large answer holds up no question. */
  readonly fetcher: Asker
  readonly connection: Connection
  readonly clock: Clock
  readonly topics: readonly TopicSpec[]
  readonly maxPollRecords: number
}

/** How long (ms) a topic's cleanup policy is taken to be what it was. */
const policyMs = 60_000
/** The most (bytes) of one answer: with its records it is all that a reading holds. */
const answerBytes = 4_194_304
/** How long (ms) the broker may wait where it has nothing yet, before an open transaction. */
const waitMs = 500
/** How often a fetch is tried before it is the caller's turn. */
const tries = 3

/** What some topics hold of the past, read without a group and without a trace, as fast as it is asked for. */
export function createTopicHistory({ asker, fetcher, connection, clock, ...wanted }: TopicHistoryDeps): TopicHistory {
  const { consumer } = connection.settings
  const isReadCommitted = consumer['isolation.level'] === 'read_committed'
  const limits: FetchLimits = {
    isReadCommitted,
    minBytes: 1,
    maxBytes: Math.min(answerBytes, consumer['fetch.max.bytes']),
    partitionBytes: Math.min(answerBytes, consumer['max.partition.fetch.bytes']),
    maxWaitMs: waitMs,
  }
  const policies = new Map<string, { readonly isCompacted: boolean; readonly at: number }>()
  const topicsNow = async (): Promise<readonly string[]> =>
    matchTopics(wanted.topics, await asker.listTopics()).existing

  async function isCompacted(topic: string): Promise<boolean> {
    const known = policies.get(topic)
    if (known && known.at + policyMs > clock.now()) return known.isCompacted
    const policy = (await topicInfo(asker, topic))?.configs['cleanup.policy'] ?? ''
    policies.set(topic, { isCompacted: policy.includes('compact'), at: clock.now() })
    return policy.includes('compact')
  }

  async function fetch(positions: readonly Position[], signal: AbortSignal): Promise<readonly Fetched[]> {
    const topics = [...new Set(positions.map(({ topic }) => topic))]
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await fetcher.cluster(topics, (cluster) =>
          fetchPartitions(cluster, positions, limits).catch(async (error: unknown) => {
            if (!isOffsetOutOfRange(error)) await cluster.refreshMetadata()
            throw error
          }),
        )
      } catch (error) {
        if (isOffsetOutOfRange(error)) throw notWhole(positions, error)
        if (attempt < tries) continue
        throw new RetriableError(`Kafka cannot be read back now: ${messageOf(error)}`, { cause: error })
      }
    }
  }

  return {
    async bounds() {
      const topics = await topicsNow()
      const ids = await asker.topicIds(topics)
      const bounds = await asker.bounds(topics, isReadCommitted ? 'stable' : 'log')
      const compacted = new Map<string, boolean>()
      for (const topic of topics) compacted.set(topic, await isCompacted(topic))
      return bounds.map(
        (each): PartitionPast => ({
          ...each,
          isCompacted: compacted.get(each.topic) ?? true,
          topicId: ids?.get(each.topic),
        }),
      )
    },
    async offsetsAt(timestamp): Promise<readonly TopicPartitionOffset[]> {
      const topics = await topicsNow()
      const ends = await asker.bounds(topics, isReadCommitted ? 'stable' : 'log')
      const found = await asker.cluster(topics, (cluster) => askOffsetsAt(cluster, topics, Math.max(0, timestamp)))
      const at = new Map(found.map((each) => [partitionId(each), each.offset]))
      return ends.map(({ topic, partition, high }) => {
        const offset = at.get(partitionId({ topic, partition })) ?? -1n
        return { topic, partition, offset: offset < 0n || offset > high ? high : offset }
      })
    },
    async *read(ranges, signal) {
      const open = new Map<string, Position>()
      for (const { from, ...range } of ranges)
        if (from < range.to) open.set(partitionId(range), { ...range, position: from })
      while (open.size > 0) {
        const answers = await fetch([...open.values()], signal)
        const isEmpty = answers.every(({ fetched }) => fetched.messages.length === 0)
        for (const answer of answers) {
          const id = partitionId({ topic: answer.topic, partition: answer.fetched.partition })
          const position = open.get(id)
          if (!position) continue
          const next = nextOffsetOf(answer, isEmpty)
          if (next === position.position) continue
          position.position = next < position.to ? next : position.to
          if (position.position === position.to) open.delete(id)
          for (const records of chunksOf(answer, position, wanted.maxPollRecords)) {
            yield records
            signal.throwIfAborted()
            // Between two chunks it is others' turn.
            await turn()
          }
        }
      }
    },
    close: () => fetcher.close(),
  }
}

type Position = Omit<ReplayRange, 'from'> & { position: bigint }

function* chunksOf(answer: Fetched, { to, position }: Position, most: number): Generator<PastRecords> {
  const { topic, fetched, from } = answer
  const { partition } = fetched
  const messages = visibleMessages(fetched, from).filter(({ offset }) => BigInt(offset) < to)
  const records = messages.map((message) => toRecord(topic, partition, message))
  const batch: RecordBatch = { topic, partition, records, nextOffset: position }
  // Aborted and control records came too.
  let bytes = fetched.messages.reduce((sum, message) => sum + sizeOf(message), 0)
  for (const chunk of chunkBatch(batch, most)) {
    yield { batch: chunk, bytes }
    bytes = 0
  }
}

/** What a record is of an answer, about. */
const sizeOf = ({ key, value }: FetchedMessage): number => 24 + (key?.length ?? 0) + (value?.length ?? 0)

function notWhole(positions: readonly Position[], cause: unknown): RetriableError {
  const where = positions.map((each) => `${partitionId(each)} from ${each.position}`).join(', ')
  return new RetriableError(`What was to be read back is not whole any more: the log has been cut (${where}).`, {
    cause,
    context: { reason: 'cut' },
  })
}
