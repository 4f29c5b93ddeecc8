import type { TopicPartition } from '#api'
import type { Cluster, FetchedPartition } from './internals.ts'
import { groupBy } from './partition-map.ts'

export interface ReadPosition extends TopicPartition {
  /** The next offset to read. */
  position: bigint
}

export interface Fetched {
  readonly topic: string
  readonly fetched: FetchedPartition
  /** The position that was asked for. */
  readonly from: bigint
}

export interface FetchLimits {
  readonly isReadCommitted: boolean
  readonly minBytes: number
  /** Of a whole answer. */
  readonly maxBytes: number
  readonly partitionBytes: number
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number
}

/** For a look at single records. */
export const lookLimits: FetchLimits = {
  isReadCommitted: true,
  minBytes: 1,
  maxBytes: 8_388_608,
  partitionBytes: 1_048_576,
  maxWaitMs: 100,
}

/** One fetch from each leader, all at once; resolves with all answers, or when too little came within `maxWaitMs`. */
export async function fetchPartitions(
  cluster: Cluster,
  wanted: readonly ReadPosition[],
  limits: FetchLimits,
): Promise<readonly Fetched[]> {
  const asked = wanted.map(({ topic, partition, position }) => ({ topic, partition, position }))
  const answers = [...byLeader(cluster, asked)].map(async ([nodeId, partitions]) => {
    const broker = await cluster.findBroker({ nodeId })
    const response = await broker.fetch({
      isolationLevel: limits.isReadCommitted ? 1 : 0,
      maxWaitTime: limits.maxWaitMs,
      minBytes: limits.minBytes,
      maxBytes: limits.maxBytes,
      topics: [...groupBy(partitions, ({ topic }) => topic)].map(([topic, group]) => ({
        topic,
        partitions: group.map(({ partition, position }) => ({
          partition,
          fetchOffset: String(position),
          maxBytes: limits.partitionBytes,
        })),
      })),
    })
    return response.responses.flatMap(({ topicName: topic, partitions: fetchedPartitions }) =>
      fetchedPartitions.map((fetched): Fetched => {
        const ask = partitions.find((each) => each.topic === topic && each.partition === fetched.partition)
        return { topic, fetched, from: ask?.position ?? -1n }
      }),
    )
  })
  return (await Promise.all(answers)).flat()
}

function byLeader(cluster: Cluster, wanted: readonly ReadPosition[]): Map<string, ReadPosition[]> {
  const leaders = new Map<string, ReadPosition[]>()
  for (const [topic, group] of groupBy(wanted, (each) => each.topic)) {
    const found = cluster.findLeaderForPartitions(
      topic,
      group.map(({ partition }) => partition),
    )
    for (const [nodeId, partitions] of Object.entries(found)) {
      const own = group.filter(({ partition }) => partitions.includes(partition))
      leaders.set(nodeId, [...(leaders.get(nodeId) ?? []), ...own])
    }
  }
  return leaders
}

/**
 * Where reading continues after a fetch. Records before the position alone mean that what it held was compacted away; so does nothing at all
 * below the last stable offset, provided that the whole answer was empty (else this partition may just have had no room in it).
 */
export function nextOffsetOf({ fetched, from }: Fetched, isWholeAnswerEmpty: boolean): bigint {
  const last = fetched.messages.at(-1)
  if (last) {
    const after = BigInt(last.offset) + 1n
    return after > from ? after : from + 1n
  }
  // -1 in answers to who reads uncommitted records.
  const stable = fetched.lastStableOffset
  const end = BigInt(stable === undefined || stable === '-1' ? fetched.highWatermark : stable)
  return isWholeAnswerEmpty && end > from ? from + 1n : from
}

export const hasType = (error: unknown, type: string): boolean =>
  typeof error === 'object' &&
  error !== null &&
  (('type' in error && error.type === type) || ('cause' in error && hasType(error.cause, type)))

export const isOffsetOutOfRange = (error: unknown): boolean => hasType(error, 'OFFSET_OUT_OF_RANGE')
export const isUnknownTopic = (error: unknown): boolean => hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')
