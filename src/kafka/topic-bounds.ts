import type { TopicPartition } from '#api'
import type { Cluster } from './internals.ts'
import { groupBy } from './partition-map.ts'
import type { PartitionBounds } from './ports.ts'

/** To which end: `log` is the high watermark, `stable` what `read_committed` may see at this moment. */
export type EndKind = 'log' | 'stable'

const [earliest, latest] = [-2, -1]

/**
 * Asks the leaders themselves. kafkajs' own questions are those of who reads committed records only: of a topic with an open transaction they
 * tell where that begins.
 */
export async function askBounds(
  cluster: Cluster,
  topics: readonly string[],
  end: EndKind,
): Promise<readonly PartitionBounds[]> {
  // No topic would mean all of them.
  if (topics.length === 0) return []
  const ask = async (): Promise<readonly PartitionBounds[]> => {
    const leaders = await leadersOf(cluster, topics)
    const [lows, highs] = await Promise.all([
      askOffsets(cluster, leaders, earliest, 0),
      askOffsets(cluster, leaders, latest, end === 'stable' ? 1 : 0),
    ])
    return highs.flatMap(({ topic, partition, offset: high }) => {
      const low = lows.find((each) => each.topic === topic && each.partition === partition)
      return low ? [{ topic, partition, low: low.offset, high }] : []
    })
  }
  try {
    return await ask()
  } catch {
    // A leader may have moved: what fails again is the error.
    await cluster.refreshMetadata().catch(() => undefined)
    return await ask()
  }
}

/** For each partition the first offset at or after a time (ms); -1 where there is none. */
export async function askOffsetsAt(
  cluster: Cluster,
  topics: readonly string[],
  timestamp: number,
): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
  if (topics.length === 0) return []
  const ask = async () => askOffsets(cluster, await leadersOf(cluster, topics), timestamp, 0)
  try {
    return await ask()
  } catch {
    await cluster.refreshMetadata().catch(() => undefined)
    return await ask()
  }
}

interface Led extends TopicPartition {
  readonly leader: number
}

/** From a fresh answer, so that partitions that were just added are among them. */
async function leadersOf(cluster: Cluster, topics: readonly string[]): Promise<readonly Led[]> {
  const { topicMetadata } = await cluster.metadata({ topics })
  return topicMetadata.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.map(({ partitionId: partition, leader }) => ({ topic, partition, leader })),
  )
}

async function askOffsets(
  cluster: Cluster,
  led: readonly Led[],
  timestamp: number,
  isolationLevel: 0 | 1,
): Promise<readonly (TopicPartition & { readonly offset: bigint })[]> {
  const answers = [...groupBy(led, ({ leader }) => leader)].map(async ([leader, own]) => {
    const broker = await cluster.findBroker({ nodeId: String(leader) })
    const topics = [...groupBy(own, ({ topic }) => topic)].map(([topic, group]) => ({
      topic,
      partitions: group.map(({ partition }) => ({ partition, timestamp })),
    }))
    const { responses } = await broker.listOffsets({ replicaId: -1, isolationLevel, topics })
    return responses.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
    )
  })
  return (await Promise.all(answers)).flat()
}
