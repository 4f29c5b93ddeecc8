import type { PartitionPast, Publication, ReplayRange, SinkPast } from '#api'
import { RetriableError } from '#api'

/** A record of one partition as what it became; `at` is its timestamp. */
export interface PastRecord {
  readonly at: number
  readonly parts: readonly Omit<Publication, 'origin'>[]
}

export interface FakePast extends SinkPast {
  /** By partition; records may be added. */
  readonly log: readonly PastRecord[][]
  /** The first offset that is still there, by partition. */
  readonly low: number[]
  isCompacted: boolean
  topicId: string | undefined
  /** Kafka is away: what is asked fails. */
  isAway: boolean
  /** How often something was read, and how many records. */
  readonly figures: { reads: number; batches: number; records: number }
}

/** A past in memory. `pick` says from which of the partitions that are not read to their ends the next batch comes, and how many records. */
export function fakePast(
  log: readonly PastRecord[][],
  pick: (partitions: number) => readonly [number, number] = () => [0, 50],
): FakePast {
  const figures = { reads: 0, batches: 0, records: 0 }
  const away = (): RetriableError => new RetriableError('Kafka cannot be read back now.')
  const past: FakePast = {
    log,
    low: log.map(() => 0),
    isCompacted: false,
    topicId: undefined,
    isAway: false,
    figures,
    async bounds() {
      if (past.isAway) throw away()
      return log.map(
        (records, partition): PartitionPast => ({
          topic: 't',
          partition,
          low: BigInt(past.low[partition] ?? 0),
          high: BigInt(records.length),
          isCompacted: past.isCompacted,
          topicId: past.topicId,
        }),
      )
    },
    async offsetsAt(timestamp) {
      if (past.isAway) throw away()
      return log.map((records, partition) => {
        const found = records.findIndex(({ at }, offset) => at >= timestamp && offset >= (past.low[partition] ?? 0))
        return { topic: 't', partition, offset: BigInt(found === -1 ? records.length : found) }
      })
    },
    async *read(ranges: readonly ReplayRange[], signal) {
      figures.reads++
      const left = ranges.map(({ partition, from, to }) => ({ partition, at: Number(from), to: Number(to) }))
      for (;;) {
        const open = left.filter(({ at, to }) => at < to)
        if (open.length === 0) return
        await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
        if (past.isAway) throw away()
        const endOf = (partition: number): number => log[partition]?.length ?? 0
        if (open.some(({ partition, at }) => at < (past.low[partition] ?? 0) || at > endOf(partition)))
          throw new RetriableError('The log has been cut.')
        // What is not there yet is waited for.
        const there = open.filter(({ partition, at }) => at < endOf(partition))
        const [which, count] = pick(there.length)
        const range = there[which]
        if (!range) continue
        const end = Math.min(range.to, range.at + count, endOf(range.partition))
        const publications: Publication[] = []
        let timestamp = -1
        for (let offset = range.at; offset < end; offset++) {
          const record = log[range.partition]?.[offset]
          timestamp = record?.at ?? timestamp
          const origin = { topic: 't', partition: range.partition, offset: BigInt(offset), timestamp }
          for (const part of record?.parts ?? []) publications.push({ ...part, origin })
        }
        figures.batches++
        figures.records += end - range.at
        range.at = end
        const progress = [{ topic: 't', partition: range.partition, offset: BigInt(end), timestamp }]
        yield { publications, progress, bytes: 100 * publications.length }
      }
    },
  }
  return past
}
