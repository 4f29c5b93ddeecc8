import type { TopicPartition } from '#api'
import { partitionId, type RecordBatch } from '../kafka/index.ts'
import type { TaskMetrics } from './metrics.ts'

/** Tells the metrics how far behind the partition is that lags most; where the consumer says where partitions end. */
export function createLagMeter(metrics: TaskMetrics) {
  const lags = new Map<string, number>()
  const tell = (): void => metrics.lag(Math.max(0, ...lags.values()))
  function from(batches: readonly RecordBatch[], position: (batch: RecordBatch) => bigint): void {
    let isTold = false
    for (const batch of batches) {
      if (batch.highWatermark === undefined) continue
      lags.set(partitionId(batch), Math.max(0, Number(batch.highWatermark - position(batch))))
      isTold = true
    }
    if (isTold) tell()
  }

  return {
    /** These are read and not yet with the task: one that is stuck at them lags too. */
    begun: (batches: readonly RecordBatch[]): void =>
      from(batches, ({ records: [first], nextOffset }) => first?.offset ?? nextOffset),
    /** The task has taken them. */
    taken: (batches: readonly RecordBatch[]): void => from(batches, ({ nextOffset }) => nextOffset),
    closed(partitions: readonly TopicPartition[]): void {
      let isTold = false
      for (const partition of partitions) if (lags.delete(partitionId(partition))) isTold = true
      if (isTold) tell()
    },
  }
}
