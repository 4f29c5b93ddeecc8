import { NotFoundError } from '#api'
import type { Plugins } from '../../plugins/index.ts'
import type { ConfigState, Status, StatusStore } from '../../storage/index.ts'
import { typeOf } from '../connector-instance.ts'
import { healthOf } from '../health.ts'
import type {
  ConnectorHealth,
  ConnectorInfo,
  ConnectorStateInfo,
  InstanceState,
  RestartOptions,
  TaskId,
  TaskInfo,
  TaskState,
} from '../herder.ts'
import { tasksOf } from './desired-work.ts'

/** What any worker answers from its own copy of the config and status topics. */
export interface States {
  info(name: string): ConnectorInfo
  tasks(name: string): readonly TaskInfo[]
  state(name: string): ConnectorStateInfo
  taskState(id: TaskId): TaskState
  health(name: string): ConnectorHealth
  /** The same also when nobody has told a status yet. */
  stateSoFar(name: string): ConnectorStateInfo
  /** Its status, in which what restarts is RESTARTING; undefined when nobody has told a status yet. */
  restartPlan(name: string, how: RestartOptions): ConnectorStateInfo | undefined
}

export interface StatesOptions {
  readonly config: () => ConfigState
  readonly statuses: StatusStore
  readonly plugins: Plugins
}

export function createStates({ config, statuses, plugins }: StatesOptions): States {
  function entry(name: string) {
    const found = config().connectors.get(name)
    if (!found) throw new NotFoundError(`Connector ${name} not found`)
    return found
  }

  function find(name: string): ConnectorStateInfo | undefined {
    const status = statuses.connector(name)
    if (!status) return undefined
    const known = config().connectors.get(name)
    return {
      name,
      connector: shown(status),
      tasks: [...statuses.tasks(name)].map(([id, task]) => ({ id, ...shown(task), ...factsOf(task) })),
      type: known ? typeOf(known.config, { plugins }) : 'unknown',
    }
  }

  const stateSoFar = (name: string): ConnectorStateInfo =>
    find(name) ?? { name, connector: untold, tasks: [], type: 'unknown' }

  return {
    info(name) {
      const found = entry(name)
      const tasks = tasksOf(found).map((_, task) => ({ connector: name, task }))
      return { name, config: found.config, tasks, type: typeOf(found.config, { plugins }) }
    },
    tasks: (name) => tasksOf(entry(name)).map((props, task) => ({ id: { connector: name, task }, config: props })),
    state(name) {
      const found = find(name)
      if (!found) throw new NotFoundError(`No status found for connector ${name}`)
      return found
    },
    taskState({ connector, task }) {
      const status = statuses.task(connector, task)
      if (!status) throw new NotFoundError(`No status found for task ${connector}-${task}`)
      return { id: task, ...shown(status), ...factsOf(status) }
    },
    health(name) {
      const { target } = entry(name)
      const state = stateSoFar(name)
      return healthOf(state, target, restartsOf(state.tasks), undefined)
    },
    stateSoFar,
    restartPlan(name, { includeTasks, onlyFailed }) {
      const found = find(name)
      if (!found) return undefined
      const plan = <S extends InstanceState>(part: S, isMeant: boolean): S =>
        isMeant && (!onlyFailed || part.state === 'FAILED') ? { ...part, state: 'RESTARTING' } : part
      return {
        ...found,
        connector: plan(found.connector, true),
        tasks: found.tasks.map((task) => plan(task, includeTasks)),
      }
    },
  }
}

const untold: InstanceState = { state: 'UNASSIGNED', worker_id: '', version: null }

const shown = ({ state, workerId, trace, version }: Status): InstanceState => ({
  state,
  worker_id: workerId,
  ...(trace !== undefined && { trace }),
  version,
})

const factsOf = ({ facts }: Status): Pick<TaskState, 'facts'> => (facts ? { facts } : {})

/** Whoever restarts a task by itself tells it in the task's facts. */
function restartsOf(tasks: readonly TaskState[]): ConnectorHealth['restarts'] {
  const due = tasks.flatMap(({ facts }) => {
    const at = Date.parse(String(facts?.['nextRestart']))
    return Number.isNaN(at) ? [] : [at]
  })
  const count = tasks.reduce((sum, { facts }) => sum + (Number(facts?.['restarts']) || 0), 0)
  return { count, nextAt: due.length > 0 ? Math.min(...due) : null }
}
