import type { Replayed, ReplayRange, SinkRecord, TopicPast } from '#api'
import { isRetriable } from '#api'
import type { KafkaRecord, TopicHistory } from '../kafka/index.ts'
import type { TaskConverters } from './converters.ts'
import type { ErrorOperator } from './error-operator.ts'
import { createSinkPipeline } from './sink-pipeline.ts'
import type { TransformChain } from './transform-chain.ts'

export interface PastOptions {
  readonly history: TopicHistory
  readonly converters: TaskConverters
  /** A chain of its own for each replay, since transformations may hold state. */
  readonly newChain: () => TransformChain
}

/** A sink's topics once more: the same records through the same stages, without commits, dead letters, reports and metrics. */
export function createPast({ history, converters, newChain }: PastOptions): TopicPast {
  return {
    bounds: history.bounds,
    offsetsAt: history.offsetsAt,
    async *replay(ranges: readonly ReplayRange[], signal: AbortSignal): AsyncGenerator<Replayed> {
      const pipeline = createSinkPipeline({ ...converters, chain: newChain(), errors: tolerant })
      for await (const { batch, bytes } of history.read(ranges, signal)) {
        const { topic, partition, nextOffset } = batch
        const records: SinkRecord[] = []
        await pipeline.process(batch.records, records)
        const timestamp = batch.records.at(-1)?.timestamp ?? -1
        yield { records, progress: [{ topic, partition, offset: nextOffset, timestamp }], bytes }
      }
    },
  }
}

/** What fails is left out; what may succeed later ends the replay, since it must not be missing. */
const tolerant: ErrorOperator<KafkaRecord> = {
  async recover(_record, { error }) {
    if (isRetriable(error)) throw error
    return undefined
  },
  async fail() {},
  async report() {},
}
