import type { ConnectorEntry, RawConfig } from '../../storage/index.ts'
import type { ReaderState, TaskId } from '../herder.ts'
import type { Work } from './connect-protocol.ts'

/** What should run on this worker. It follows from the assignment and the config topic alone, so that any order of events leads to the same. */
export interface DesiredWork {
  /** Connectors that are this worker's. */
  readonly connectors: ReadonlyMap<string, ConnectorEntry>
  /** Tasks that are this worker's, each with its connector. An outdated one (`tasksGeneration`, its configuration) is replaced. */
  readonly tasks: readonly { readonly id: TaskId; readonly props: RawConfig; readonly entry: ConnectorEntry }[]
  /** Every configured connector: those with `placement: everyWorker` are read here, whoever has their numbered task. */
  readonly all: ReadonlyMap<string, ConnectorEntry>
}

/** The connectors, tasks and readers of this worker. Their states go to the status store. */
export interface LocalWork {
  /**
   * Brings what runs here in line with what should. What needs no change goes on untouched. Resolves when all is done, or, with `ended`, already
   * when what is not to be here any more has ended. No connector waits for another; of the calls that wait for one its newest alone is done.
   */
  align(desired: DesiredWork, until?: 'done' | 'ended'): Promise<void>
  /** What runs here now, failed ones included. */
  running(): Work
  restartConnector(name: string): Promise<void>
  restartTask(id: TaskId): Promise<void>
  readers(name: string): readonly ReaderState[]
  /** Ends all connectors and tasks at once without a last commit: others may have them by now. Readers go on. */
  abandon(): Promise<void>
  /** Ends everything with a last commit, side by side, within `task.shutdown.graceful.timeout.ms`. */
  stop(): Promise<void>
}

/** What local work asks of the cluster. */
export interface Cluster {
  /** A connector of this worker has made configurations for its tasks; resolves when the leader has written them, if they differ. Rejections are tried again with a back-off. */
  putTasks(name: string, configs: readonly RawConfig[]): Promise<void>
  /** Fences earlier producers of a source, by the leader; resolves at once when nothing is pending. */
  fence(name: string): Promise<void>
  /** Reads the config topic to its end; rejects when the task is not this worker's any more or newer configurations exist than `generation`. */
  verify(id: TaskId, generation: number): Promise<void>
}
