import type { OpenPartition, RecordMetadata, TopicPartition, TopicPartitionOffset } from '#api'
import type { TopicSpec } from './topics.ts'

/** A record as Kafka holds it. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** Who wrote the timestamp, in Kafka's words; absent when that is not known. */
  readonly timestampType?: 'CreateTime' | 'LogAppendTime' | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly KafkaHeader[]
}

export interface KafkaHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** Records of one partition in their order. */
export interface RecordBatch extends TopicPartition {
  readonly records: readonly KafkaRecord[]
  /** Where reading continues; beyond the last record when control records or compacted ones were passed over. */
  readonly nextOffset: bigint
  /** The offset after the partition's last record, as the broker last said it. */
  readonly highWatermark?: bigint | undefined
}

export interface AssignedPartition extends OpenPartition {
  /** What the group had committed; it may lie beyond where reading begins. */
  readonly committed?: bigint | undefined
}

/** What happened since the last poll, in this order: revoked, assigned, read. */
export interface Polled {
  readonly revoked: readonly TopicPartition[]
  readonly assigned: readonly AssignedPartition[]
  readonly batches: readonly RecordBatch[]
}

/** Reads topics, as a member of a group or alone; both behind this one port, so that there is one sink loop. */
export interface RecordConsumer {
  /** Waits up to `maxWaitMs` for something to tell. Rejects when reading cannot go on. */
  poll(maxWaitMs: number, signal: AbortSignal): Promise<Polled>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Reads again from these offsets; what was buffered of the partitions is dropped. */
  seek(offsets: readonly TopicPartitionOffset[]): void
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  /** The assignment has changed; the next poll tells how. Who asks counts as one who still comes for records. */
  changed(): boolean
  /** All that the topics held when reading began was polled. */
  caughtUp(): boolean
  close(): Promise<void>
}

/**
 * Client properties under Kafka's own names, without `consumer.`, `producer.` or `admin.`: the framework's, then the worker's, then the
 * connector's overrides. What kafkajs cannot do is warned about by name, once.
 */
export type ClientProps = Readonly<Record<string, string>>

export interface ConsumerOptions {
  readonly props?: ClientProps | undefined
  readonly groupId: string
  readonly clientId: string
  readonly topics: readonly TopicSpec[]
  /** The most records of one poll. */
  readonly maxPollRecords: number
  /** Told when Kafka becomes unreachable or reachable again. */
  readonly onUpstream: (state: { readonly reachable: boolean; readonly since: number }) => void
  /** Told which topics do not exist yet; reading begins when they do. */
  readonly onMissing: (topics: readonly string[]) => void
}

/** What a partition holds: the first offset and the one after the last. */
export interface PartitionBounds extends TopicPartition {
  readonly low: bigint
  readonly high: bigint
}

export interface GroupConsumerOptions extends ConsumerOptions {
  /** The offsets that may be committed at this moment: asked when the group begins to rebalance. */
  readonly committable: () => readonly TopicPartitionOffset[]
  /** Flushes and commits what was taken: awaited within a poll, when the topics have changed. Absent: `committable` is committed. */
  readonly leaving?: (() => Promise<void>) | undefined
}

export interface LogReaderOptions extends ConsumerOptions {
  /** Reading begins at the group's committed offset or this many ms before now, whichever is older. */
  readonly warmMs: number
}

export interface ProducerRecord {
  readonly topic: string
  readonly partition?: number | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly KafkaHeader[]
  /** Milliseconds; Kafka's own time when absent. */
  readonly timestamp?: number | undefined
}

export interface RecordProducer {
  /**
   * Resolves when all records are acknowledged by all in-sync replicas, with where they are, in the order given.
   * Rejects with a `RetriableError` when trying again may help; records may be in Kafka all the same.
   */
  send(records: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]>
  close(): Promise<void>
}

/** Every connection to Kafka goes through here. Questions with `props` go where an admin client with these goes, else to the worker's cluster. */
export interface KafkaClient {
  clusterId(props?: ClientProps): Promise<string>
  /** `-1` leaves partitions or replication factor to the broker; `configs` are topic configurations such as `cleanup.policy`. */
  createTopic(
    topic: string,
    options: {
      readonly partitions: number
      readonly replicationFactor: number
      readonly configs?: Readonly<Record<string, string>>
      readonly props?: ClientProps | undefined
    },
  ): Promise<void>
  topicExists(topic: string, props?: ClientProps): Promise<boolean>
  committed(groupId: string, topics: readonly string[], props?: ClientProps): Promise<readonly TopicPartitionOffset[]>
  /**
   * Sets a group's committed offsets; `offset: null` forgets that partition. Rejects when a topic or partition does not exist, or while the
   * group has members.
   */
  alterOffsets(
    groupId: string,
    offsets: readonly (TopicPartition & { readonly offset: bigint | null })[],
    props?: ClientProps,
  ): Promise<void>
  /** Resolves too when there is no such group; rejects while it has members. */
  deleteGroup(groupId: string, props?: ClientProps): Promise<void>
  /** Up to `limit` of the newest records, oldest first, read without a group and without a trace. */
  newest(topics: readonly TopicSpec[], limit: number, signal: AbortSignal): Promise<readonly KafkaRecord[]>
  timestampAt(
    partition: TopicPartition,
    offset: bigint,
    props?: ClientProps,
  ): Promise<number | 'below' | 'beyond' | 'gone'>
  groupConsumer(options: GroupConsumerOptions): RecordConsumer
  logReader(options: LogReaderOptions): Promise<RecordConsumer>
  producer(options: { readonly clientId: string; readonly props?: ClientProps | undefined }): Promise<RecordProducer>
  close(): Promise<void>
}
