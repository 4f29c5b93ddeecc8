import type { RecordMetadata, SourceRecord } from '#api'
import type { ProducerRecord } from '../kafka/index.ts'
import { offsetKey, type StoredOffset } from '../storage/index.ts'
import type { Outgoing } from './delivery.ts'

/** One record of a transaction that is not committed yet, kept so that it can be sent again. */
export interface HeldRecord {
  readonly record: SourceRecord
  messages: readonly ProducerRecord[]
  metadata?: RecordMetadata | undefined
  error?: unknown
}

export const toHeld = ({ record, messages, error }: Outgoing): HeldRecord => ({ record, messages, error })

/** The newest offset of each source partition. An empty one says that the source has none to come back to. */
export function offsetsOf(connector: string, held: readonly HeldRecord[]): readonly StoredOffset[] {
  const newest = new Map<string, StoredOffset>()
  for (const { record } of held) {
    const { sourcePartition: partition, sourceOffset: offset } = record
    if (Object.keys(offset).length > 0) newest.set(offsetKey(connector, partition), { partition, offset })
  }
  return [...newest.values()]
}

export const bytesOf = ({ messages }: HeldRecord): number =>
  messages.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0)
