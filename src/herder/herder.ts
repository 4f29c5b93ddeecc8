import { type AlteredOffset, ConnectError, type Plugin, type PluginKind, type Props } from '#api'
import type { PackageState } from '../plugins/index.ts'
import type { Preview, Validation } from '../runtime/index.ts'

export type { Preview, PreviewedRecord, PreviewStage, ValidatedKey, Validation } from '../runtime/index.ts'

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
  /** Of a connector with a package that its user installs; not Kafka Connect's. */
  readonly package?: PackageState
}

export interface ServerInfo {
  readonly version: string
  readonly commit: string
  readonly kafka_cluster_id: string
}

export interface LoggerLevel {
  /** TRACE, DEBUG, INFO, WARN, ERROR, FATAL or OFF. */
  readonly level: string
  /** Milliseconds since the epoch; null: never. */
  readonly last_modified: number | null
}

export interface ConnectorHealth {
  /** `degraded`: some tasks failed; `unhealthy`: the connector or all its tasks failed, or it has none though it should run. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy' | 'paused' | 'stopped'
  /** One sentence for a person. */
  readonly message: string
  readonly tasks: { readonly running: number; readonly failed: number; readonly paused: number; readonly other: number }
  /** Of `errors.restart.*`: how often the connector's tasks restarted by themselves in the window, and when the next try is due (ms), if one is. */
  readonly restarts: { readonly count: number; readonly nextAt: number | null }
}

/** Another worker has to do it: REST repeats the request there. `url` undefined: nobody is known to be the leader at this moment. */
export class ElsewhereError extends ConnectError {
  static override readonly code: string = 'ELSEWHERE'
  static override readonly status: number = 409
}

/** A reader of an `everyWorker` sink on this worker. Ours. */
export interface ReaderState {
  readonly state: 'RUNNING' | 'PAUSED' | 'FAILED' | 'UNASSIGNED'
  readonly worker_id: string
  readonly trace?: string
  /** Whether it has the connector's numbered task, and with it the commits, the dead letter queue and the error reports. */
  readonly numbered: boolean
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

/** What one worker asks of another, signed with the cluster's session key (KIP-507). Absent in standalone mode. */
export interface InternalRequests {
  /** Throws as Kafka Connect answers: 400 without a signature or with an unknown algorithm, 403 for a wrong one, 503 when no key is known yet. */
  verify(
    body: Buffer,
    headers: { readonly authorization?: string | undefined; readonly algorithm?: string | undefined },
    /** Of ours: the signature is also about where the bytes are to go. */
    port?: string,
  ): void
  /** The tasks that a connector is to have, of its owner to the leader. */
  putTasks(name: string, configs: readonly Readonly<Record<string, string>>[]): Promise<void>
  /** Fences what former tasks of a source left, of a task's owner to the leader. */
  fence(name: string): Promise<void>
  /** Ours: bytes for `port` of this worker, such as `ingress/orders/3`, and its answer. */
  call(port: string, body: Buffer): Promise<Buffer>
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
  /** Merges into the stored configuration; `null` removes a key. The result is validated as a whole. */
  patchConnector(
    name: string,
    patch: Props,
  ): Promise<{ readonly info: ConnectorInfo; readonly warnings: readonly string[] }>
  deleteConnector(name: string): Promise<void>
  setTargetState(name: string, state: TargetState): Promise<void>
  restartConnector(name: string, options: RestartOptions): Promise<ConnectorStateInfo>
  restartTask(id: TaskId): Promise<void>
  /** The topics that a connector has read or written since it was made or they were reset; none for an unknown connector. `ForbiddenError` when they are not tracked. */
  topics(name: string): Promise<readonly string[]>
  resetTopics(name: string): Promise<void>
  /** In every state. */
  offsets(name: string): Promise<readonly AlteredOffset[]>
  /** Only while STOPPED and without tasks, else `BadRequestError`. Resolves with Kafka Connect's sentence of what was done. */
  alterOffsets(name: string, offsets: readonly AlteredOffset[]): Promise<string>
  resetOffsets(name: string): Promise<string>
  loggers(): Readonly<Record<string, LoggerLevel>>
  /** Rejects with `NotFoundError`. */
  logger(name: string): LoggerLevel
  /** The loggers that really changed, sorted; undefined for `cluster`, which every worker hears of. `NotFoundError` for a level that does not exist (as Kafka Connect answers). */
  setLogger(name: string, level: string, scope: 'worker' | 'cluster'): Promise<readonly string[] | undefined>
  /** What of all this worker runs itself, failed ones included; a worker that is alone runs everything. */
  runsHere?(): { readonly connectors: readonly string[]; readonly tasks: readonly TaskId[] }
  /** Ours: the readers of an `everyWorker` sink on this worker; none for any other connector. */
  readers(name: string): Promise<readonly ReaderState[]>
  /** Undefined in standalone mode. */
  readonly internal: InternalRequests | undefined
  /** Ours: what tools make of states by themselves elsewhere. */
  health(name: string): Promise<ConnectorHealth>
  /** Ours: the newest records of the topics through every stage, sending and committing nothing. `ConfigError` for a declaration that cannot run. */
  preview(props: Props, options: { readonly limit: number; readonly signal: AbortSignal }): Promise<Preview>
  plugins(connectorsOnly: boolean): readonly PluginInfo[]
  /** `plugin` is a class name or alias. */
  validate(plugin: string, props: Props): Promise<Validation>
  /** `version`: `latest`, or the very version; another is `BadRequestError`. */
  pluginConfig(plugin: string, version?: string): Plugin
}
