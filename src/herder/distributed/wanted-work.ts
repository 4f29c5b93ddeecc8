import { BadRequestError, ConnectError, NotFoundError } from '#api'
import type { WorkerDeps } from '../../runtime/index.ts'
import type { ConnectorEntry, RawConfig } from '../../storage/index.ts'
import { sameProps } from '../connector-props.ts'
import { everywhereOf, type TaskKind } from './open-task.ts'

/** What of one connector should be on this worker. */
export interface Share {
  /** Undefined: it is not configured any more. */
  readonly entry: ConnectorEntry | undefined
  /** The connector itself is this worker's. */
  readonly isOwner: boolean
  /** Those that are this worker's, with their configurations. */
  readonly tasks: ReadonlyMap<number, RawConfig>
}

/** A task, reader or door that should run; another configuration or generation is another one. */
export interface Wanted {
  readonly kind: TaskKind
  readonly task: number
  readonly props: RawConfig
  readonly generation: number
}

export const keyOf = ({ kind, task }: Pick<Wanted, 'kind' | 'task'>): string =>
  kind === 'task' ? `task/${task}` : kind

/** By their keys. The one task of an `everyWorker` connector is its reader, whether it is this worker's or not. */
export async function wantedOf({ entry, tasks }: Share, deps: WorkerDeps): Promise<ReadonlyMap<string, Wanted>> {
  if (!entry || entry.target === 'STOPPED') return new Map()
  const generation = entry.tasksGeneration
  const first = tasks.get(0) ?? entry.tasks[0]
  const wanted: Wanted[] = []
  if (first && (await everywhereOf(first, deps)) === 'reader') {
    wanted.push({ kind: 'reader', task: 0, props: first, generation })
  } else {
    for (const [task, props] of tasks) wanted.push({ kind: 'task', task, props, generation })
  }
  // Its configuration is the connector's own: it serves whatever tasks there are.
  if ((await everywhereOf(entry.config, deps)) === 'door') {
    wanted.push({ kind: 'door', task: 0, props: entry.config, generation: 0 })
  }
  return new Map(wanted.map((each) => [keyOf(each), each]))
}

/** Whether the tasks are these, made from the configuration that the connector has. */
export const hasTasksOf = (entry: ConnectorEntry, configs: readonly RawConfig[]): boolean =>
  isComplete(entry) && sameSet(entry.tasks, configs)

const isComplete = ({ inconsistent, applied, config }: ConnectorEntry): boolean =>
  !inconsistent && applied !== undefined && sameProps(applied, config)

const sameSet = (a: readonly RawConfig[], b: readonly RawConfig[]): boolean =>
  a.length === b.length && a.every((props, task) => sameProps(props, b[task] ?? {}))

/** Whether the config topic now has something else than what the connector `made` last, so that it has to make its tasks' configurations again. */
export function isAnnounced(
  entry: ConnectorEntry,
  former: ConnectorEntry | undefined,
  made: readonly RawConfig[] | undefined,
): boolean {
  const isNew =
    former === undefined ||
    former.tasksGeneration !== entry.tasksGeneration ||
    former.inconsistent !== entry.inconsistent ||
    !sameProps(former.applied ?? {}, entry.applied ?? {})
  return isNew && (!isComplete(entry) || made === undefined || !sameSet(entry.tasks, made))
}

/** What the leader answers to the tasks of a connector that it knows as stopped or gone. */
export const isOverruling = (error: unknown): boolean =>
  ConnectError.is(error) && (error.code === NotFoundError.code || error.code === BadRequestError.code)
