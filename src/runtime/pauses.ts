import type { TopicPartition } from '#api'
import { partitionId, type RecordConsumer } from '../kafka/index.ts'

/** Two may pause a partition, the task and whoever pauses the connector; it is read when neither does. */
export interface Pauses {
  /** By the task. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** By the connector's state; true when it changed. */
  setAll(paused: boolean, owned: readonly TopicPartition[]): boolean
  /** Partitions that came meanwhile follow the connector's state. */
  opened(partitions: readonly TopicPartition[]): void
}

export function createPauses(consumer: () => RecordConsumer | undefined): Pauses {
  const byTask = new Set<string>()
  let all = false
  return {
    pause(partitions) {
      for (const partition of partitions) byTask.add(partitionId(partition))
      consumer()?.pause(partitions)
    },
    resume(partitions) {
      for (const partition of partitions) byTask.delete(partitionId(partition))
      if (!all) consumer()?.resume(partitions)
    },
    setAll(paused, owned) {
      if (paused === all) return false
      all = paused
      if (paused) consumer()?.pause(owned)
      else consumer()?.resume(owned.filter((partition) => !byTask.has(partitionId(partition))))
      return true
    },
    opened(partitions) {
      if (all) consumer()?.pause(partitions)
    },
  }
}
