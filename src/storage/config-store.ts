import type { TargetState } from './target-state.ts'

export type RawConfig = Readonly<Record<string, string>>

export interface TaskName {
  readonly connector: string
  readonly task: number
}

/** What the config topic says of one connector (reference: Kafka Connect's `ClusterConfigState`). */
export interface ConnectorEntry {
  /** As it was written, placeholders included. */
  readonly config: RawConfig
  /** STARTED unless the topic says otherwise. */
  readonly target: TargetState
  /** In the order of their numbers; none before the first complete set. */
  readonly tasks: readonly RawConfig[]
  /** Counts the complete sets that this reader has seen since it began; a task that started under a lower one is outdated. */
  readonly tasksGeneration: number
  /** A set was announced whose records are not all there: the connector has to make its tasks' configurations again. */
  readonly inconsistent: boolean
  /** The configuration of the connector that the present set was made from; undefined when there is no set (KAFKA-9228). */
  readonly applied: RawConfig | undefined
  /** Exactly once: how many producers an earlier set may have left; undefined when none was ever recorded. */
  readonly fencedCount: number | undefined
  /** Exactly once: the present set may not start before earlier producers are fenced and `putTaskCount` has recorded it. */
  readonly pendingFencing: boolean
}

export interface SessionKey {
  /** Raw bytes. */
  readonly key: Buffer
  /** Java's name, such as `HmacSHA256`. */
  readonly algorithm: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** The state of the cluster at one moment; never changes once it was handed out. */
export interface ConfigState {
  /** Of the last record read; -1 before the first. */
  readonly offset: bigint
  readonly sessionKey: SessionKey | undefined
  readonly connectors: ReadonlyMap<string, ConnectorEntry>
}

/** What the last record changed, told in the order of the topic, each after `state()` has it. None is told of what the topic held when it was opened. */
export type ConfigChange =
  | { readonly kind: 'connector-config'; readonly name: string }
  | { readonly kind: 'connector-removed'; readonly name: string }
  | { readonly kind: 'tasks'; readonly name: string }
  | { readonly kind: 'target-state'; readonly name: string }
  | { readonly kind: 'task-count'; readonly name: string }
  | { readonly kind: 'session-key' }
  | { readonly kind: 'restart'; readonly name: string; readonly includeTasks: boolean; readonly onlyFailed: boolean }
  | { readonly kind: 'logger'; readonly namespace: string; readonly level: string }

/**
 * The compacted config topic, in Kafka Connect's record formats, and the state that its records make. Every write resolves when it was
 * written and read back, so that `state()` has it. The writes of the leader need `claim`; the others are anybody's.
 */
export interface ConfigStore {
  state(): ConfigState
  /** Reads all that was written until now. Rejects with `TimeoutError` after `timeoutMs`. */
  refresh(timeoutMs: number): Promise<ConfigState>
  onChange(listener: (change: ConfigChange) => void): void
  /** Opens the transactional producer of the cluster's leader, which fences a former leader: its writes reject with `FencedError` from then on. */
  claim(): Promise<void>
  /** Gives it up; from then on the leader's writes reject with `FencedError`. */
  unclaim(): Promise<void>

  /** Leader's. `target` is written before the configuration, for one that is new. */
  putConnector(name: string, config: RawConfig, target?: TargetState): Promise<void>
  removeConnector(name: string): Promise<void>
  /** All task records and the commit that makes them valid, in one transaction. */
  putTasks(name: string, tasks: readonly RawConfig[]): Promise<void>
  /** An empty set of tasks first, then the target state. */
  putStopped(name: string): Promise<void>
  putTaskCount(name: string, count: number): Promise<void>
  putSessionKey(key: SessionKey): Promise<void>
  putRestart(name: string, options: { readonly includeTasks: boolean; readonly onlyFailed: boolean }): Promise<void>

  /** Anybody's: STARTED or PAUSED. */
  putTarget(name: string, target: TargetState): Promise<void>
  putLogger(namespace: string, level: string): Promise<void>
  close(): Promise<void>
}
