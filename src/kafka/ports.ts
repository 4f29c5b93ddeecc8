import type {
  OpenPartition,
  PartitionPast,
  RecordMetadata,
  ReplayRange,
  TopicPartition,
  TopicPartitionOffset,
} from '#api'
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

/**
 * A topic read from its beginning to its end and then followed, without a group and without a trace: for compacted topics that hold a state.
 * The whole of it passes by; what is kept of it is the caller's affair.
 */
export interface TopicLog {
  /**
   * Resolves when every record that the topic held at the time of the call was handed over. Under `read_committed` these are the records of
   * committed transactions, and those that are open at the call are waited for: up to their `transaction.timeout.ms` when their writer is
   * dead. Rejects when the log is closed or cannot be read for good, and with a `TimeoutError` when `signal` aborts before.
   */
  readToEnd(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface TopicLogOptions {
  readonly topic: string
  readonly clientId: string
  /** Consumer properties; `isolation.level` counts, and is `read_uncommitted` when absent, as in Kafka. */
  readonly props?: ClientProps | undefined
  /** In the order of each partition. Must not throw. */
  readonly onRecord: (record: KafkaRecord) => void
  /** Kafka became unreachable or reachable again; reading goes on by itself. */
  readonly onUpstream?: ((state: { readonly reachable: boolean; readonly since: number }) => void) | undefined
}

/** Records of one partition in their order, as they were read back. */
export interface PastRecords {
  readonly batch: RecordBatch
  /** What Kafka sent for it. */
  readonly bytes: number
}

/** What some topics hold, read without a group and without a trace. One connection to each broker for all that is read at once. */
export interface TopicHistory {
  bounds(): Promise<readonly PartitionPast[]>
  /** For each partition the offset of the first record at or after a time (ms), or its end. */
  offsetsAt(timestamp: number): Promise<readonly TopicPartitionOffset[]>
  /**
   * The records of these ranges in the order of each partition, as fast as it is iterated and no faster; under `read_committed` those of
   * committed transactions. Rejects with `RetriableError`: with `context.reason` `cut` when a range is not whole any more.
   */
  read(ranges: readonly ReplayRange[], signal: AbortSignal): AsyncIterable<PastRecords>
  close(): Promise<void>
}

export interface TopicHistoryOptions {
  readonly topics: readonly TopicSpec[]
  readonly clientId: string
  /** Those of the consumer whose records they were. */
  readonly props?: ClientProps | undefined
  /** The most records handed over at once. */
  readonly maxPollRecords: number
}

/** A producer with a transactional id (KIP-98). Whoever opens one of the same id later fences this one: its calls reject with `FencedError`. */
export interface TransactionalProducer {
  /** Fences former producers of the id and ends what they left open; done once, before the first `begin`. Idempotent. */
  open(): Promise<void>
  /** One transaction at a time. */
  begin(): Promise<Transaction>
  /** Aborts what is open. Idempotent. */
  close(): Promise<void>
}

export interface Transaction {
  /** As `RecordProducer.send`; after a rejection the transaction can only be aborted. */
  send(records: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]>
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface TransactionalOptions {
  readonly clientId: string
  readonly transactionalId: string
  readonly props?: ClientProps | undefined
}

/** What a member brings to a rebalance: names of protocols in the order of preference, each with its own bytes. */
export interface GroupProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** What the coordinator tells whom it has made leader. */
export interface GroupToAssign {
  readonly protocol: string
  readonly generation: number
  readonly leaderId: string
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[]
}

export interface GroupJoined {
  readonly protocol: string
  readonly generation: number
  readonly memberId: string
  readonly leaderId: string
  /** Of this member; empty when the leader gave it none. */
  readonly assignment: Buffer
}

export interface GroupMemberOptions {
  readonly groupId: string
  readonly clientId: string
  /** `connect` for the workers of Kafka Connect. */
  readonly protocolType: string
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  readonly rebalanceTimeoutMs: number
  /** Asked at each join. May take its time (the rebalance waits), no longer than the rebalance time-out. */
  protocols(): Promise<readonly GroupProtocol[]>
  /** Asked of the leader. A throw fails this rebalance for all, and it is tried again. */
  assign(group: GroupToAssign): Promise<ReadonlyMap<string, Buffer>>
  /** A rebalance is over; the next one begins after this has resolved at the earliest. */
  joined(group: GroupJoined): Promise<void>
  /** A rebalance has begun: the coordinator said so, or `rejoin` was called. */
  rebalancing(): void
  /** The coordinator has put this member out (it was frozen or unreachable for too long): what it was assigned may be another's by now. It joins anew by itself. */
  lost(reason: string): Promise<void>
  /** Joining cannot succeed before someone changes something (rights, a group of another type). It is tried again all the same, at leisure. */
  refused?: ((error: unknown) => void) | undefined
  /** The coordinator became unreachable or reachable again; unreachable alone is no reason to give anything up. */
  onUpstream?: ((state: { readonly reachable: boolean; readonly since: number }) => void) | undefined
}

/** A member of a group of any protocol type. Kafka's coordinator chooses the leader among the members and notices who is gone. */
export interface GroupMember {
  /**
   * Asks for a rebalance. Calls during a rebalance are one further rebalance. Kafka answers who is not the leader and brings the same protocols
   * as before with the generation that there is: `joined` is called with it again.
   */
  rejoin(reason: string): void
  /**
   * By the coordinator's word, whether this member is in the generation that was last told by `joined` and no rebalance has begun; when not,
   * `joined` or `lost` follows. Rejects when the coordinator does not answer.
   */
  confirm(): Promise<boolean>
  /** Out of the group, from the coordinator's word on; what was assigned is another's. Stays out until `rejoin`. */
  leave(reason: string): Promise<void>
  /** Leaves for good; idempotent. */
  close(): Promise<void>
}

export interface TopicInfo {
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
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
  /** Undefined when there is no such topic. */
  topicInfo(topic: string, props?: ClientProps): Promise<TopicInfo | undefined>
  /** Resolves when the topic was read once, under `read_committed` up to the oldest open transaction. Rejects when there is no such topic. */
  topicLog(options: TopicLogOptions): Promise<TopicLog>
  /** Connects when first asked. */
  topicHistory(options: TopicHistoryOptions): TopicHistory
  /** Not open yet. */
  transactionalProducer(options: TransactionalOptions): Promise<TransactionalProducer>
  /** Fences whoever has one of these transactional ids, and ends what they left open (`Admin.fenceProducers`). */
  fenceProducers(transactionalIds: readonly string[], props?: ClientProps): Promise<void>
  /** Joins at once and keeps joining until `close`; Kafka may be away. */
  groupMember(options: GroupMemberOptions): GroupMember
  close(): Promise<void>
}
