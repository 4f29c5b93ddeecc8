import type { RecordBatch } from './ports.ts'

/** Cuts a batch so that none holds more than `max` records; a batch without records stays one. */
export function chunkBatch(batch: RecordBatch, max: number): RecordBatch[] {
  if (batch.records.length <= max) return [batch]
  const chunks: RecordBatch[] = []
  for (let at = 0; at < batch.records.length; at += max) {
    const after = batch.records[at + max]
    chunks.push({
      ...batch,
      records: batch.records.slice(at, at + max),
      nextOffset: after ? after.offset : batch.nextOffset,
    })
  }
  return chunks
}

/** The offset at which a batch begins. */
export const startOf = ({ records, nextOffset }: RecordBatch): bigint => records[0]?.offset ?? nextOffset
