import type { ConfigDef, ConfigOf, Props } from './config-def.ts'
import type { GatewayPort } from './gateway.ts'
import type { Clock, Logger, MaybePromise, NpmPackage, Plugin } from './plugin.ts'
import type { RecordMetadata, SinkRecord, SourceRecord, TopicPartition, TopicPartitionOffset } from './records.ts'
import type { Schema } from './schema.ts'

/** The worker's gateway before anything is attached to it; absent where a declaration is looked at without a worker. */
export type DeclaredAt = Pick<GatewayPort, 'complaints'>

export interface TaskContext<C> {
  /** The connector's name. */
  readonly connector: string
  readonly task: number
  readonly config: C
  /** Every property as the user wrote it, framework keys included. */
  readonly props: Props
  readonly log: Logger
  readonly clock: Clock
  /** Aborts when the task is asked to stop; pass it to every wait. */
  readonly signal: AbortSignal
  /** The worker's gateway; absent when the worker runs none. */
  readonly gateway?: GatewayPort | undefined
  /** Words for the task's status that no state can say, such as `guarantee: at most once`. Replaces the former ones. */
  report(facts: Readonly<Record<string, string | number | boolean>>): void
}

/** Tells one topic from another of the same name, and a position's past from another past. */
export interface TopicIdentity {
  /** The id of the Kafka cluster. */
  clusterId(): Promise<string>
  /** The timestamp (ms) of the record at an offset, `below` the log's start or `beyond` its end, or `gone` (compacted away). */
  timestampAt(partition: TopicPartition, offset: bigint): Promise<number | 'below' | 'beyond' | 'gone'>
}

/** What a partition holds. */
export interface PartitionPast extends TopicPartition {
  readonly low: bigint
  /** The offset after the last record that may be read. */
  readonly high: bigint
  /** Its cleanup policy contains `compact`: records in between may be missing. */
  readonly isCompacted: boolean
  /** As `OpenPartition` has it. */
  readonly topicId?: string | undefined
}

/** The sink's topics, to be read once more without commits, reports and metrics. */
export interface TopicPast {
  bounds(): Promise<readonly PartitionPast[]>
  /** For each partition the offset of the first record at or after a time (ms), or its end. */
  offsetsAt(timestamp: number): Promise<readonly TopicPartitionOffset[]>
  /**
   * The records of these ranges, converted and transformed as for `put`; what fails then is left out as a tolerated error is. Reads only as
   * fast as it is iterated. Rejects with `RetriableError` when Kafka cannot be read now, and when a range is not whole any more.
   */
  replay(ranges: readonly ReplayRange[], signal: AbortSignal): AsyncIterable<Replayed>
}

/** Records from `from` up to but not including `to`. */
export interface ReplayRange extends TopicPartition {
  readonly from: bigint
  readonly to: bigint
}

export interface Replayed {
  readonly records: readonly SinkRecord[]
  readonly progress: readonly Progress[]
  /** What Kafka sent for it. */
  readonly bytes: number
}

export interface SinkTaskContext<C> extends TaskContext<C>, TopicIdentity {
  readonly past: TopicPast
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Asks for a commit soon instead of at the next interval. */
  requestCommit(): void
  /**
   * Sends a record that the task could not deliver to the dead letter queue and the error log (KIP-610).
   * Rejects when `errors.tolerance` is `none`, and the task then fails.
   */
  reportErrant(record: SinkRecord, error: unknown): Promise<void>
}

/** Where reading begins in a partition that the task was given. */
export interface OpenPartition extends TopicPartitionOffset {
  /** The timestamp (ms) of the record before `offset`; undefined when there is none. */
  readonly timestampBefore?: number | undefined
  /** Kafka's id of the topic (KIP-516), which one that is deleted and made anew has not; undefined when it is not known. */
  readonly topicId?: string | undefined
}

/** How far a batch has come in one partition, records that were dropped included. */
export interface Progress extends TopicPartitionOffset {
  /** The timestamp (ms) of the last record consumed. */
  readonly timestamp: number
}

/**
 * A sink's life: `open` the partitions, `put` and `flush` again and again, `close` them, `stop`. The calls never overlap.
 */
export interface SinkTask {
  open?(partitions: readonly OpenPartition[]): MaybePromise<void>
  /** The partitions are no longer this task's; what it flushed was committed before, unless they were lost. */
  close?(partitions: readonly TopicPartition[]): MaybePromise<void>
  /**
   * Takes the records; the next call comes when the promise resolves, so a slow sink holds Kafka back.
   * `progress` says how far this batch has come. `RetriableError`: the same batch again after a back-off. Anything else fails the task.
   */
  put(records: readonly SinkRecord[], progress: readonly Progress[]): MaybePromise<void>
  /**
   * Called before each commit with the offsets consumed so far; returns those that may be committed (nothing: all of them).
   * A throw leaves the former commit in place and delivers again what came after it.
   */
  flush?(offsets: readonly TopicPartitionOffset[]): MaybePromise<readonly TopicPartitionOffset[] | undefined>
  /** Only with `placement: 'everyWorker'`: all that the topics held at the start was put. */
  caughtUp?(): void
  /** Kafka became unreachable (`since`, ms) or reachable again. */
  upstream?(state: { readonly reachable: boolean; readonly since: number }): void
  stop?(): MaybePromise<void>
}

export interface SinkConnector<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'sink'
  /**
   * Its client library, which users install beside the worker (an optional peer). `startTask` imports it; without it, or with another major
   * version, declarations are refused with the command to type.
   */
  readonly package?: NpmPackage
  /**
   * `group` (the default): tasks share the partitions as the consumer group `connect-<name>`.
   * `everyWorker`: one task that reads all partitions without a group, from `warmMs` before now, on each worker.
   */
  readonly placement?: 'group' | 'everyWorker'
  /** How far back (ms) an `everyWorker` task reads at its start. */
  warmMs?(config: ConfigOf<D>): number
  /** Checks that need more than one key, or the declarations of other connectors; returns complaints by key. */
  check?(config: ConfigOf<D>, props: Props, gateway?: DeclaredAt): readonly ConfigComplaint[]
  /**
   * Asked before the offsets of a stopped connector are altered over REST (KIP-875). Returns whether it has done all that is needed where
   * it keeps offsets of its own; absent means false. A throw refuses the change.
   */
  alterOffsets?(config: ConfigOf<D>, offsets: readonly AlteredOffset[]): MaybePromise<boolean>
  /**
   * What would be sent for the records, with the code that sends it, and nothing done: shown by `tidegate preview`. Throws as for an
   * errant record.
   */
  preview?(config: ConfigOf<D>, records: readonly SinkRecord[]): readonly PreviewedMessage[]
  startTask(context: SinkTaskContext<ConfigOf<D>>): MaybePromise<SinkTask>
}

export interface PreviewedMessage {
  /** Where it would go, for sinks that tell receivers apart. */
  readonly channel?: string
  /** The serialised message; absent when only the end of something is told. */
  readonly message?: string
}

/** A sink's `partition` is `{kafka_topic, kafka_partition}`, its `offset` `{kafka_offset}`; `offset: null` forgets the partition. */
export interface AlteredOffset {
  readonly partition: Readonly<Record<string, unknown>>
  readonly offset: Readonly<Record<string, unknown>> | null
}

export interface ConfigComplaint {
  readonly key: string
  readonly error: string
}

export interface OffsetStorageReader {
  /** The last source offset stored for a source partition. */
  offset(partition: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>> | undefined>
  /** All that the connector has stored. */
  list(): Promise<readonly AlteredOffset[]>
}

/** Where a transaction ends, when the task says so: `transaction.boundary=connector` (KIP-618). A call holds for the records that the next `poll` returns. */
export interface TransactionContext {
  /** After the batch, or after one of its records. */
  commitTransaction(after?: SourceRecord): void
  abortTransaction(after?: SourceRecord): void
}

/** What runs of a source with `lanes` on every worker, beside its tasks. */
export interface DoorContext<C> extends Omit<TaskContext<C>, 'task'> {
  /** Calls a task, wherever it runs. Rejects with `RetriableError` when nobody runs it at this moment or its worker cannot be reached; it may have taken the call all the same. */
  callTask(task: number, body: Buffer, signal: AbortSignal): Promise<Buffer>
  /** Answers calls of tasks to this door. */
  serve(handle: (body: Buffer) => Promise<Buffer>): void
  /** This worker's URL: by it tasks find this door. */
  readonly url: string
  valueSchema(topic: string): Promise<Schema | undefined>
  keySchema(topic: string): Promise<Schema | undefined>
}

export interface Door {
  paused?(isPaused: boolean): void
  stop(): MaybePromise<void>
}

/** How an `everyWorker` source is exactly once: its tasks, each with a transactional id, take what doors on every worker hand them. */
export interface Lanes<D extends ConfigDef> {
  /** The number of tasks; `tasks.max` may not be lower. */
  count(config: ConfigOf<D>): number
  startDoor(context: DoorContext<ConfigOf<D>>): MaybePromise<Door>
}

/** What a task with `lanes` may do beside polling. */
export interface LaneContext {
  /** Answers calls of doors to this task. */
  serve(handle: (body: Buffer) => Promise<Buffer>): void
  /** Calls the door of a worker by its URL. */
  callDoor(url: string, body: Buffer, signal: AbortSignal): Promise<Buffer>
}

export interface SourceTaskContext<C> extends TaskContext<C> {
  /** Present when the task decides where its transactions end. */
  readonly transaction?: TransactionContext | undefined
  /** Present when the task is one of the connector's `lanes`: everything it returns is exactly once. */
  readonly lane?: LaneContext | undefined
  readonly offsets: OffsetStorageReader
  /** The schema that values for `topic` have to fit; undefined when the converter asks for none. */
  valueSchema(topic: string): Promise<Schema | undefined>
  keySchema(topic: string): Promise<Schema | undefined>
}

export interface SourceTask {
  /** Waits for records; resolves empty when there are none for a while, and soon after `signal` aborts. Called again only when the batch was handed to Kafka. */
  poll(): Promise<readonly SourceRecord[]>
  /** Every record handed out by earlier polls is in Kafka and its source offset is stored. */
  commit?(): MaybePromise<void>
  /**
   * Called once for each record that `poll` gave: with `metadata` when Kafka has acknowledged it (with all that it was split into),
   * without when a transformation dropped it, with `error` when it could not be converted and was skipped or failed the task.
   */
  commitRecord?(record: SourceRecord, metadata: RecordMetadata | undefined, error?: unknown): void
  /** Kafka became unreachable (`since`, ms) or reachable again. */
  upstream?(state: { readonly reachable: boolean; readonly since: number }): void
  /** The connector was paused, or resumed: `poll` is not called meanwhile. */
  paused?(isPaused: boolean): void
  stop?(): MaybePromise<void>
}

export interface SourceConnector<D extends ConfigDef = ConfigDef> extends Plugin<D> {
  readonly kind: 'source'
  /** As a sink's. */
  readonly package?: NpmPackage
  readonly placement?: 'group' | 'everyWorker'
  check?(config: ConfigOf<D>, props: Props, gateway?: DeclaredAt): readonly ConfigComplaint[]
  /** Only with `everyWorker`: what it does instead when the worker supports exactly once (`exactly.once.source.support`). */
  readonly lanes?: Lanes<D>
  /** Whether it can be exactly once with this configuration, for `exactly.once.support=required` (KIP-618); absent: nobody knows. */
  exactlyOnceSupport?(config: ConfigOf<D>): boolean
  /** Whether its tasks can say where transactions end, for `transaction.boundary=connector`. */
  canDefineTransactionBoundaries?(config: ConfigOf<D>): boolean
  /** Splits the work: the properties that differ from the connector's, one entry for each task, `maxTasks` at most. The default is one task. */
  taskConfigs?(config: ConfigOf<D>, maxTasks: number): readonly Readonly<Record<string, string>>[]
  /** As a sink's. */
  alterOffsets?(config: ConfigOf<D>, offsets: readonly AlteredOffset[]): MaybePromise<boolean>
  startTask(context: SourceTaskContext<ConfigOf<D>>): MaybePromise<SourceTask>
}

/** Declares a sink: its configuration and its factory, in one place. */
export function defineSink<D extends ConfigDef>(spec: Omit<SinkConnector<D>, 'kind'>): SinkConnector<D> {
  return { kind: 'sink', ...spec }
}

/** Declares a source: its configuration and its factory, in one place. */
export function defineSource<D extends ConfigDef>(spec: Omit<SourceConnector<D>, 'kind'>): SourceConnector<D> {
  return { kind: 'source', ...spec }
}
