import type { Clock, Logger } from '#api'
import type { KafkaClient } from '../../kafka/index.ts'
import type { ConfigState } from '../../storage/index.ts'
import type { TaskId } from '../herder.ts'
import type { Work } from './connect-protocol.ts'

/** Under Kafka Connect's names; milliseconds. */
export interface WorkerGroupSettings {
  readonly 'group.id': string
  readonly 'session.timeout.ms': number
  readonly 'heartbeat.interval.ms': number
  readonly 'rebalance.timeout.ms': number
  readonly 'scheduled.rebalance.max.delay.ms': number
  readonly 'worker.sync.timeout.ms': number
  readonly 'worker.unsync.backoff.ms': number
}

export interface WorkerGroupOptions {
  readonly kafka: KafkaClient
  readonly settings: WorkerGroupSettings
  readonly clock: Clock
  readonly log: Logger
  /** Advertised. */
  readonly url: string
  /** The config topic as far as it was read; `refreshConfig` reads it to its end or rejects after that many ms. */
  config(): ConfigState
  refreshConfig(timeoutMs: number): Promise<ConfigState>
  /** What is to run of a state: deleted connectors and those without a complete set of tasks bring no tasks. */
  configured(state: ConfigState): Work
  /** What runs here. */
  running(): Work
  /** A rebalance is over; `work` is all that is this worker's now. Called when it is in line with the config topic. Resolves when what is not in it has ended. */
  assigned(work: Work, group: { readonly isLeader: boolean; readonly generation: number }): Promise<void>
  /** The coordinator has put this worker out: everything is to end at once, without a last commit. */
  lost(reason: string): Promise<void>
}

/** This worker's membership among the workers of its cluster. */
export interface WorkerGroup {
  /** -1 before the first. */
  generation(): number
  isLeader(): boolean
  /** Undefined while nobody is known to be the leader: before the first rebalance, during one that the coordinator has begun, and out of the group. */
  leaderUrl(): string | undefined
  /** From the beginning of a rebalance to its end. */
  isRebalancing(): boolean
  /** Of the leader alone: who has a connector, or a task. */
  ownerUrl(what: string | TaskId): string | undefined
  /** What is this worker's. */
  work(): Work
  /** Asks for a rebalance, such as when connectors or the number of their tasks have changed. */
  rejoin(reason: string): void
  /** Resolves when this worker has been in a finished rebalance once, or rejects when that cannot be. */
  joined(signal: AbortSignal): Promise<void>
  /** Leaves the group; idempotent. */
  close(): Promise<void>
}
