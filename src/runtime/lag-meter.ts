import type { TopicPartition } from '#api'
import { partitionId, type RecordBatch } from '../kafka/index.ts'
import type { TaskMetrics } from './metrics.ts'

/** Tells the metrics how far behind the partition is that lags most; where the consumer says where partitions end. */
export function createLagMeter(metrics: TaskMetrics) {
  const lags = new Map<string, number>()
  const tell = (): void => metrics.lag(Math.max(0, ...lags.values()))
  return {
    read(batches: readonly RecordBatch[]): void {
      let isTold = false
      for (const { topic, partition, nextOffset, highWatermark } of batches) {
        if (highWatermark === undefined) continue
        lags.set(partitionId({ topic, partition }), Math.max(0, Number(highWatermark - nextOffset)))
        isTold = true
      }
      if (isTold) tell()
    },
    closed(partitions: readonly TopicPartition[]): void {
      let isTold = false
      for (const partition of partitions) if (lags.delete(partitionId(partition))) isTold = true
      if (isTold) tell()
    },
  }
}
