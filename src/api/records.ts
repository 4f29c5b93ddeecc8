import type { Schema } from './schema.ts'

export interface Header {
  readonly key: string
  readonly value: unknown
  readonly schema?: Schema | undefined
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `offset` is the next one to read, as Kafka commits it. */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: bigint
}

export interface ConnectRecord {
  /** Where the record is shown to be; `RegexRouter` changes it. */
  readonly topic: string
  readonly partition?: number | undefined
  readonly key: unknown
  readonly keySchema?: Schema | undefined
  readonly value: unknown
  readonly valueSchema?: Schema | undefined
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | undefined
  readonly headers: readonly Header[]
  /** Which parts of splits this record is: `[3]` is the fourth of one split, `[]` an unsplit record. */
  readonly path: readonly number[]
}

/** A record on its way out of Kafka. */
export interface SinkRecord extends ConnectRecord {
  /** The coordinates in Kafka; no transformation changes them (KIP-793). */
  readonly origin: RecordOrigin
}

/** One object for each Kafka record, shared by all that were split from it. */
export interface RecordOrigin extends TopicPartition {
  readonly offset: bigint
  readonly timestamp: number
}

/** A record on its way into Kafka. */
export interface SourceRecord extends ConnectRecord {
  /** Which of the source's streams; keys and primitive values only. */
  readonly sourcePartition: Readonly<Record<string, unknown>>
  /** Where in that stream to continue after this record; primitives only. */
  readonly sourceOffset: Readonly<Record<string, unknown>>
  /** For the connector alone; carried through to `commitRecord` untouched. */
  readonly tag?: unknown
}

/** Where Kafka put a record. `offset` is absent when the broker did not say. */
export interface RecordMetadata extends TopicPartition {
  readonly offset?: bigint | undefined
  readonly timestamp?: number | undefined
}
