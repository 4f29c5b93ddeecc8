import type { Clock, TopicPartition, TopicPartitionOffset } from '#api'
import { ConfigError } from '#api'
import type { Asker } from './asker.ts'
import type { StartPoint } from './log-reader.ts'
import { partitionId } from './partition-map.ts'
import type { LogReaderOptions, PartitionBounds } from './ports.ts'

type Isolation = 'read_committed' | 'read_uncommitted'

/** Where a log reader begins: at the committed offset (if any) or `warmMs` before now, whichever is older, within what the log holds; negative: all of it. */
export async function startPoints(
  asker: Asker,
  clock: Clock,
  options: LogReaderOptions,
  topics: readonly string[],
  isolation: Isolation,
): Promise<readonly StartPoint[]> {
  // Before anything else of them: of a topic that is made anew meanwhile this is the former id, and the reader notices.
  const ids = await asker.topicIds(topics)
  const held = await asker.bounds(topics)
  const seen = await visibleEnds(asker, topics, isolation, held)
  const done = new Map((await asker.committed(options.groupId, topics)).map((each) => [partitionId(each), each.offset]))
  const warm = new Map<string, bigint>()
  for (const topic of topics) {
    const since = Math.max(0, clock.now() - options.warmMs)
    for (const { partition, offset } of await asker.admin((client) =>
      client.fetchTopicOffsetsByTimestamp(topic, since),
    )) {
      if (offset !== '-1') warm.set(partitionId({ topic, partition }), BigInt(offset))
    }
  }
  return Promise.all(
    held.map(async ({ low, high, ...partition }) => {
      const id = partitionId(partition)
      const end = seen.get(id) ?? high
      const oldest = [done.get(id) ?? end, options.warmMs < 0 ? low : (warm.get(id) ?? end), end].reduce((a, b) =>
        a < b ? a : b,
      )
      const offset = oldest < low ? low : oldest
      const before = offset > low ? await asker.timestampAt(partition, offset - 1n) : undefined
      return {
        ...partition,
        offset,
        end,
        // A commit beyond the end is another log's.
        committed: (done.get(id) ?? 0n) <= high ? done.get(id) : undefined,
        timestampBefore: typeof before === 'number' ? before : undefined,
        topicId: ids?.get(partition.topic),
      }
    }),
  )
}

/**
 * Where a group continues: after its commit, else where `auto.offset.reset` says. A commit outside what the log holds is none, as it is for
 * Kafka's own consumer: the topic was made anew, or its records were deleted.
 */
export async function groupOffsets(
  asker: Pick<Asker, 'committed' | 'bounds'>,
  groupId: string,
  reset: 'earliest' | 'latest' | 'none',
  partitions: readonly TopicPartition[],
  isolation: Isolation = 'read_uncommitted',
): Promise<readonly TopicPartitionOffset[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const done = new Map((await asker.committed(groupId, topics)).map((each) => [partitionId(each), each.offset]))
  const bounded = await asker.bounds(topics)
  const held = new Map(bounded.map((each) => [partitionId(each), each]))
  const seen = reset === 'latest' ? await visibleEnds(asker, topics, isolation, bounded) : undefined
  return partitions.map((each) => {
    const id = partitionId(each)
    const bounds = held.get(id)
    const committed = done.get(id)
    if (committed !== undefined && (!bounds || (committed >= bounds.low && committed <= bounds.high)))
      return { ...each, offset: committed }
    if (reset === 'none') throw new ConfigError(noStart(groupId, id, committed, bounds))
    return { ...each, offset: (seen ? seen.get(id) : bounds?.low) ?? 0n }
  })
}

/** Where there is nothing more to read at this moment. */
async function visibleEnds(
  asker: Pick<Asker, 'bounds'>,
  topics: readonly string[],
  isolation: Isolation,
  held: readonly PartitionBounds[],
): Promise<ReadonlyMap<string, bigint>> {
  const ends = isolation === 'read_committed' ? await asker.bounds(topics, 'stable') : held
  return new Map(ends.map((each) => [partitionId(each), each.high]))
}

function noStart(groupId: string, id: string, committed: bigint | undefined, bounds: PartitionBounds | undefined) {
  const why =
    committed === undefined || !bounds
      ? `has no committed offset for ${id}`
      : `has committed offset ${committed} for ${id}, which holds ${bounds.low} to ${bounds.high} only`
  return `Group ${groupId} ${why}, and auto.offset.reset=none leaves no other start.`
}
