import type { Progress, TopicPartition, TopicPartitionOffset } from '#api'
import { type AssignedPartition, partitionId } from '../kafka/index.ts'

/** What a sink task has consumed and what of it is committed, for each partition that it owns. */
export interface OffsetTracker {
  opened(partitions: readonly AssignedPartition[]): void
  closed(partitions: readonly TopicPartition[]): void
  consumed(progress: readonly Progress[]): void
  /** Consumed, or what the task allows of it: never more than was consumed, never of a partition not owned. */
  committable(allowed?: readonly TopicPartitionOffset[]): readonly TopicPartitionOffset[]
  all(): readonly TopicPartitionOffset[]
  committed(offsets: readonly TopicPartitionOffset[]): void
  /** Another has committed these and dealt with all that comes before them. */
  takenOver(offsets: readonly TopicPartitionOffset[]): void
  /** Where to read again after a failed flush. */
  rewind(): readonly TopicPartitionOffset[]
  /** Whether the group had gone past this record before: it is read once more to fill a window, and was dealt with. */
  isRefill(record: TopicPartitionOffset): boolean
}

interface Entry extends TopicPartition {
  consumed: bigint
  committed: bigint
  /** What the group had committed when a window was opened below it; -1: nothing is read once more. */
  refillEnd: bigint
}

export function createOffsetTracker(): OffsetTracker {
  const entries = new Map<string, Entry>()
  const all = () =>
    [...entries.values()].map(({ consumed, topic, partition }) => ({ topic, partition, offset: consumed }))
  return {
    all,
    opened(partitions) {
      for (const { topic, partition, offset, committed } of partitions) {
        entries.set(partitionId({ topic, partition }), {
          topic,
          partition,
          consumed: offset,
          committed: committed ?? offset,
          refillEnd: committed ?? -1n,
        })
      }
    },
    closed(partitions) {
      for (const partition of partitions) entries.delete(partitionId(partition))
    },
    consumed(progress) {
      for (const each of progress) {
        const entry = entries.get(partitionId(each))
        if (entry && each.offset > entry.consumed) entry.consumed = each.offset
      }
    },
    committable(allowed = all()) {
      return allowed.flatMap(({ topic, partition, offset }) => {
        const entry = entries.get(partitionId({ topic, partition }))
        if (!entry || offset <= entry.committed || offset > entry.consumed) return []
        return [{ topic, partition, offset }]
      })
    },
    committed(offsets) {
      for (const each of offsets) {
        const entry = entries.get(partitionId(each))
        if (entry) entry.committed = each.offset
      }
    },
    takenOver(offsets) {
      for (const each of offsets) {
        const entry = entries.get(partitionId(each))
        if (!entry) continue
        if (each.offset > entry.committed) entry.committed = each.offset
        if (each.offset > entry.refillEnd) entry.refillEnd = each.offset
      }
    },
    rewind() {
      return [...entries.values()].map((entry) => {
        if (entry.committed < entry.consumed) entry.consumed = entry.committed
        return { topic: entry.topic, partition: entry.partition, offset: entry.consumed }
      })
    },
    isRefill(record) {
      const entry = entries.get(partitionId(record))
      return entry !== undefined && record.offset < entry.refillEnd
    },
  }
}
