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

const partitionBytes = 1_048_576

/** One fetch from each leader, all at once; resolves with all answers, or when nothing came within `maxWaitMs`. */
export async function fetchPartitions(
  cluster: Cluster,
  wanted: readonly ReadPosition[],
  maxWaitMs: number,
): Promise<readonly Fetched[]> {
  const asked = wanted.map(({ topic, partition, position }) => ({ topic, partition, position }))
  const answers = [...byLeader(cluster, asked)].map(async ([nodeId, partitions]) => {
    const broker = await cluster.findBroker({ nodeId })
    const response = await broker.fetch({
      isolationLevel: 1,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes: 8 * partitionBytes,
      topics: [...groupBy(partitions, ({ topic }) => topic)].map(([topic, group]) => ({
        topic,
        partitions: group.map(({ partition, position }) => ({
          partition,
          fetchOffset: String(position),
          maxBytes: partitionBytes,
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

export const isOffsetOutOfRange = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'type' in error && error.type === 'OFFSET_OUT_OF_RANGE'
