import type { RecordMetadata, SourceConnector, SourceRecord, TransactionContext } from '#api'
import { defineConfig, defineSource } from '#api'

export interface Script {
  readonly count: number
  /** Records of one poll. */
  readonly batch: number
  readonly make?: (index: number) => unknown
  /** Told from where it reads. */
  readonly onStart?: (next: number) => void
  /** Before each poll; may wait or throw. */
  readonly onPoll?: (next: number) => void | Promise<void>
  readonly onBatch?: (records: readonly SourceRecord[], transaction: TransactionContext | undefined) => void
  readonly onCommitRecord?: (record: SourceRecord, metadata: RecordMetadata | undefined, error: unknown) => void
  readonly onCommit?: () => void
}

/** Emits the numbers from its stored offset on, and lets a test decide between any two steps. */
export function scriptedSource(script: Script): SourceConnector {
  const sourcePartition = { source: 'script' }
  return defineSource({
    name: 'ScriptedSource',
    version: '1.0.0',
    doc: 'Counts.',
    config: defineConfig({ topic: { type: 'string', importance: 'high', doc: 'Where to.' } }),
    exactlyOnceSupport: () => true,
    canDefineTransactionBoundaries: () => true,
    async startTask({ config, offsets, signal, clock, transaction }) {
      const stored = await offsets.offset(sourcePartition)
      let next = Number(stored?.['next'] ?? 0)
      script.onStart?.(next)
      return {
        async poll() {
          await script.onPoll?.(next)
          if (next >= script.count) await clock.sleep(50, signal)
          const records: SourceRecord[] = []
          for (; next < script.count && records.length < script.batch; next++) {
            records.push({
              topic: config.topic,
              key: null,
              value: script.make?.(next) ?? String(next),
              headers: [],
              path: [],
              sourcePartition,
              sourceOffset: { next: next + 1 },
            })
          }
          if (records.length > 0) script.onBatch?.(records, transaction)
          return records
        },
        commitRecord: (record, metadata, error) => script.onCommitRecord?.(record, metadata, error),
        commit: () => script.onCommit?.(),
      }
    },
  })
}
