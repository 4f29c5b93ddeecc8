import type { Clock, ConfigDef, GatewayPort, Logger, Props, TaskContext } from '#api'
import type { KafkaClient } from '../kafka/index.ts'
import type { Plugins } from '../plugins/index.ts'
import type { OffsetStore } from '../storage/index.ts'
import { withInheritedConverters } from './converters.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type { Peers } from './peers.ts'

/** What every task of a worker shares. */
export interface WorkerDeps {
  readonly kafka: KafkaClient
  readonly plugins: Plugins
  readonly offsets: OffsetStore
  readonly log: Logger
  readonly clock: Clock
  readonly gateway?: GatewayPort | undefined
  /** The worker's properties: its converters, its intervals. */
  readonly workerProps: Props
  readonly settings: RuntimeSettings
  readonly metrics: RuntimeMetrics
  readonly resolver: ConfigResolver
  readonly topics: ActiveTopics
  /** In distributed mode. */
  readonly peers?: Peers | undefined
  /** `exactly.once.source.support=enabled`: every source task writes in transactions. */
  readonly exactlyOnce?: boolean | undefined
}

/** What makes a source task exactly once (KIP-618). */
export interface ExactlyOnceTask {
  /** `<group.id>-<connector>-<task>`. */
  readonly transactionalId: string
  /** Resolves when no producer of earlier tasks can write any more; asked before the task's own producer is opened. */
  fence(): Promise<void>
  /** Rejects when the task is another worker's or outdated; asked after its producer was opened and before it starts. */
  verify(): Promise<void>
}

/** Replaces `${provider:path:key}` in values. What it puts in never leaves the process: not REST, not logs, not traces. */
export interface ConfigResolver {
  /** Rejects with `ConfigError` when a provider fails. An unknown provider or key stays as it is, as in Kafka Connect. */
  resolve(props: Props): Promise<ResolvedConfig>
}

export interface ResolvedConfig {
  readonly props: Props
  /** The keys whose values a provider has changed. */
  readonly resolved: ReadonlySet<string>
  /** What providers put into each of them; where it is not told, the whole value counts. */
  readonly given?: ReadonlyMap<string, readonly string[]> | undefined
  /** Calls back once when a value that a provider gave has changed; ends with `signal`. */
  onChange(signal: AbortSignal, changed: () => void): void
}

/** The topics that connectors read or write (KIP-558). */
export interface ActiveTopics {
  record(connector: string, task: number, topic: string): void
}

export interface RuntimeSettings {
  readonly 'offset.flush.interval.ms': number
  readonly 'offset.flush.timeout.ms': number
  readonly 'task.shutdown.graceful.timeout.ms': number
  /** Whether sources may use `topic.creation.*`. */
  readonly 'topic.creation.enable': boolean
}

export type Facts = Readonly<Record<string, string | number | boolean>>

/** One life of a task: from its start until `signal` aborts (resolves) or it fails (rejects). */
export interface TaskRun {
  readonly connector: string
  readonly task: number
  /** The task's own configuration. */
  readonly props: Props
  readonly log: Logger
  readonly signal: AbortSignal
  /** Looked at between two polls. */
  paused(): boolean
  /** It did not stop in time and was left behind: whatever it still does must not show outside. */
  cancelled(): boolean
  /** Aborts at that moment: clients are closed without a commit, so that the task's successor is alone. */
  readonly abandoned: AbortSignal
  /** The connector has made its task. */
  started(): void
  /** Done when the task is stopped: later than its end when it has failed. */
  atStop(work: () => void): void
  /** What the connector says of its task. */
  report(facts: Facts): void
  /** What the task waits for before it can begin; undefined: nothing. */
  waiting(reason: string | undefined): void
  /** Of a source task in transactions; undefined: at least once. */
  readonly exactlyOnce?: ExactlyOnceTask | undefined
  /**
   * Of an `everyWorker` connector, whose reader runs on each worker: whether this one has the numbered task, and with it the commits, the
   * dead letter queue and the error reports. May change while it runs. Always true otherwise.
   */
  numbered(): boolean
  /** The run says whether it acts as the numbered one, at its start and when it has drawn its conclusions from a change. Only runs to which it matters. */
  actsNumbered(acts: boolean): void
  /** Whether who had the numbered task waits for its last commit; otherwise it was lost, and others may have it. */
  handsOver(): boolean
  /** Aborts when `paused`, `numbered` or `handsOver` may answer otherwise than now, and when the task is to stop. */
  changed(): AbortSignal
}

/** What every task is given, sink or source. Throws `ConfigError` when its configuration does not fit. */
export function taskContext(config: ConfigDef, run: TaskRun, deps: WorkerDeps): TaskContext<unknown> {
  return {
    connector: run.connector,
    task: run.task,
    config: config.parse(run.props),
    props: withInheritedConverters(run.props, deps.workerProps),
    log: run.log,
    clock: deps.clock,
    signal: run.signal,
    gateway: deps.gateway,
    report: run.report,
  }
}
