import type { Status, StatusStore } from '../../storage/index.ts'
import type { ConnectorState, TaskId, TaskState } from '../herder.ts'

export interface StatusReportsOptions {
  readonly statuses: StatusStore
  readonly workerId: () => string
  /** Of the group. */
  readonly generation: () => number
}

type Told = Pick<TaskState, 'state' | 'trace' | 'version' | 'facts'>

/** Writes what this worker says of its connectors and tasks. What was said last is not said again. */
export interface StatusReports {
  /** They begin anew: whatever they say next is written, since the leader may have forgotten what was said. */
  connectorBegun(name: string): void
  taskBegun(id: TaskId): void
  connector(name: string, state: Told & { readonly state: ConnectorState }): void
  task(id: TaskId, state: Told): void
  /** It does not run here any more; `isDeleted`: nor anywhere else. */
  connectorGone(name: string, isDeleted: boolean): void
  taskGone(id: TaskId, isDeleted: boolean): void
}

/** Where the worker may have been overtaken by others. */
const isSafe = ({ state }: Told): boolean => state === 'UNASSIGNED' || state === 'FAILED'

export function createStatusReports({ statuses, workerId, generation }: StatusReportsOptions): StatusReports {
  const said = new Map<string, string>()

  const statusOf = ({ state, trace, version, facts }: Told): Status => ({
    state,
    ...(trace !== undefined && { trace }),
    workerId: workerId(),
    generation: generation(),
    version,
    ...(facts && { facts }),
  })

  function say(key: string, told: Told, put: (status: Status, safe: boolean) => void): void {
    const text = JSON.stringify([told.state, told.trace, told.version, told.facts])
    if (said.get(key) === text) return
    said.set(key, text)
    put(statusOf(told), isSafe(told))
  }

  const gone = (isDeleted: boolean): Status | undefined =>
    isDeleted ? undefined : statusOf({ state: 'UNASSIGNED', version: null })

  const key = ({ connector, task }: TaskId): string => `${connector}/${task}`

  return {
    connectorBegun: (name) => void said.delete(name),
    taskBegun: (id) => void said.delete(key(id)),
    connector: (name, state) => say(name, state, (status, safe) => statuses.putConnector(name, status, safe)),
    task: (id, state) => say(key(id), state, (status, safe) => statuses.putTask(id.connector, id.task, status, safe)),
    connectorGone(name, isDeleted) {
      said.delete(name)
      statuses.putConnector(name, gone(isDeleted), true)
    },
    taskGone(id, isDeleted) {
      said.delete(key(id))
      statuses.putTask(id.connector, id.task, gone(isDeleted), true)
    },
  }
}
