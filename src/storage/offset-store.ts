import type { ProducerRecord } from '../kafka/index.ts'
import { stringifyExactly } from '../util/exact-json.ts'

/** A source partition or offset: primitives only. */
export type OffsetMap = Readonly<Record<string, unknown>>

export interface StoredOffset {
  readonly partition: OffsetMap
  /** `null` forgets the partition. */
  readonly offset: OffsetMap | null
}

/** Where sources' offsets are kept. The key is Kafka Connect's: `["<connector>",{<partition>}]`. */
export interface OffsetStore {
  /** Both may wait for transactions that are open where offsets are kept; `signal` ends that with a `TimeoutError`. */
  get(connector: string, partition: OffsetMap, signal?: AbortSignal): Promise<OffsetMap | undefined>
  list(connector: string, signal?: AbortSignal): Promise<readonly StoredOffset[]>
  /** Resolves when the offsets would survive a crash. */
  put(connector: string, offsets: readonly StoredOffset[]): Promise<void>
  close(): Promise<void>
}

/** Offsets in a topic, which a task's transaction may write together with its records. */
export interface TopicOffsetStore extends OffsetStore {
  /** What `put` would write, for a transactional producer; `get` and `list` find it once the transaction is committed. */
  records(connector: string, offsets: readonly StoredOffset[]): readonly ProducerRecord[]
}

/** The key's text; the keys of the partition keep the order that the connector gave them, as in Java. */
export const offsetKey = (connector: string, partition: OffsetMap): string => stringifyExactly([connector, partition])
