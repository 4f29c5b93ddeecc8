import type { Plugin, PluginKind, Props } from '#api'
import type { Validation } from '../runtime/index.ts'

export type { ValidatedKey, Validation } from '../runtime/index.ts'

export type ConnectorState = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING'
export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED'

export interface TaskId {
  readonly connector: string
  readonly task: number
}

export interface ConnectorInfo {
  readonly name: string
  /** As it was written, placeholders included, with only `name` added. */
  readonly config: Readonly<Record<string, string>>
  readonly tasks: readonly TaskId[]
  readonly type: 'source' | 'sink' | 'unknown'
}

export interface InstanceState {
  readonly state: ConnectorState
  readonly worker_id: string
  /** The stack of what failed it, causes included. */
  readonly trace?: string
  readonly version: string | null
}

export interface TaskState extends InstanceState {
  readonly id: number
  /** What the task says of itself, such as its delivery guarantee. Ours, not Kafka Connect's. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

export interface ConnectorStateInfo {
  readonly name: string
  readonly connector: InstanceState
  readonly tasks: readonly TaskState[]
  readonly type: 'source' | 'sink' | 'unknown'
}

export interface TaskInfo {
  readonly id: TaskId
  readonly config: Readonly<Record<string, string>>
}

export interface PluginInfo {
  readonly class: string
  readonly type: PluginKind
  readonly version: string
}

export interface ServerInfo {
  readonly version: string
  readonly commit: string
  readonly kafka_cluster_id: string
}

export interface RestartOptions {
  readonly includeTasks: boolean
  readonly onlyFailed: boolean
}

/**
 * What REST and the command line ask of a worker. Every method rejects with an error of `api`
 * (`NotFoundError`, `AlreadyExistsError`, `ConfigError`, `ConflictError`); nothing here knows of HTTP.
 */
export interface Herder {
  serverInfo(): Promise<ServerInfo>
  connectors(): Promise<readonly string[]>
  connectorInfo(name: string): Promise<ConnectorInfo>
  connectorConfig(name: string): Promise<Readonly<Record<string, string>>>
  connectorState(name: string): Promise<ConnectorStateInfo>
  tasks(name: string): Promise<readonly TaskInfo[]>
  taskState(id: TaskId): Promise<TaskState>
  /** `created` is false when a configuration of this name was replaced; `replace: false` makes that a conflict. */
  putConnector(
    name: string,
    config: Props,
    options: { readonly replace: boolean; readonly initialState?: TargetState },
  ): Promise<{ readonly created: boolean; readonly info: ConnectorInfo; readonly warnings: readonly string[] }>
  deleteConnector(name: string): Promise<void>
  setTargetState(name: string, state: TargetState): Promise<void>
  restartConnector(name: string, options: RestartOptions): Promise<ConnectorStateInfo>
  restartTask(id: TaskId): Promise<void>
  plugins(connectorsOnly: boolean): readonly PluginInfo[]
  /** `plugin` is a class name or alias. */
  validate(plugin: string, props: Props): Promise<Validation>
  pluginConfig(plugin: string): Plugin
}
