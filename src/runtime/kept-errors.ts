import type { TopicPartitionOffset } from '#api'
import { type KafkaRecord, partitionId } from '../kafka/index.ts'
import type { Failure } from './error-operator.ts'

/** The most errors that a reader keeps, and the most bytes of their records; the oldest fall out first. */
const maxErrors = 1000
const maxBytes = 16 * 1024 * 1024

/**
 * What a reader that is not the numbered one would have reported. Whoever becomes the numbered one reports what its predecessor may not have
 * come to: all from the last committed offset on.
 */
export interface KeptErrors {
  keep(record: KafkaRecord, failure: Failure): void
  /**
   * Reports, oldest first, what was not committed, and forgets the rest. Resolves with how many at most fell out that should have been
   * reported. After a rejection what is left can be released again.
   */
  release(
    committed: readonly TopicPartitionOffset[],
    report: (record: KafkaRecord, failure: Failure) => Promise<void>,
  ): Promise<number>
}

interface Kept {
  readonly record: KafkaRecord
  readonly failure: Failure
  readonly bytes: number
}

export function createKeptErrors(): KeptErrors {
  const kept: Kept[] = []
  /** Of each partition: how many fell out, and the last of them. */
  const fallen = new Map<string, { count: number; last: bigint }>()
  let bytes = 0

  function dropOldest(): void {
    const oldest = kept.shift()
    if (!oldest) return
    bytes -= oldest.bytes
    const former = fallen.get(partitionId(oldest.record))
    fallen.set(partitionId(oldest.record), { count: (former?.count ?? 0) + 1, last: oldest.record.offset })
  }

  return {
    keep(raw, failure) {
      const record = detached(raw)
      const size = sizeOf(record)
      kept.push({ record, failure, bytes: size })
      bytes += size
      while (kept.length > maxErrors || (bytes > maxBytes && kept.length > 0)) dropOldest()
    },
    async release(committed, report) {
      const done = new Map(committed.map((each) => [partitionId(each), each.offset]))
      const isOpen = (id: string, offset: bigint): boolean => offset >= (done.get(id) ?? 0n)
      const lost = [...fallen]
        .filter(([id, { last }]) => isOpen(id, last))
        .reduce((sum, [, { count }]) => sum + count, 0)
      for (let next = kept[0]; next; next = kept[0]) {
        if (isOpen(partitionId(next.record), next.record.offset)) await report(next.record, next.failure)
        kept.shift()
        bytes -= next.bytes
      }
      fallen.clear()
      return lost
    },
  }
}

/** A record's bytes are a part of the answer that they came in, which would be kept whole. */
function detached(raw: KafkaRecord): KafkaRecord {
  const copy = (data: Buffer | null): Buffer | null => data && Buffer.from(data)
  const headers = raw.headers.map(({ key, value }) => ({ key, value: copy(value) }))
  return { ...raw, key: copy(raw.key), value: copy(raw.value), headers }
}

function sizeOf({ key, value, headers }: KafkaRecord): number {
  const ofHeaders = headers.reduce((sum, header) => sum + header.key.length + (header.value?.length ?? 0), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders
}
