import { type Logger, NotFoundError, type Props } from '#api'
import type { WorkerDeps } from '../runtime/index.ts'
import type { ConnectorInstance } from './connector-instance.ts'
import { type ConnectorLife, type MadeTasks, startLife } from './connector-life.ts'
import { sameProps, shownConfig } from './connector-props.ts'
import { healthOf } from './health.ts'
import type {
  ConnectorHealth,
  ConnectorInfo,
  ConnectorState,
  ConnectorStateInfo,
  RestartOptions,
  TargetState,
  TaskInfo,
  TaskState,
} from './herder.ts'
import type { InTurn } from './serialize.ts'
import { createTaskSet } from './task-set.ts'

type RawConfig = Readonly<Record<string, string>>

/**
 * A connector from its creation to its deletion: its instance, its tasks, its target state. What changes it is called in turn; what only
 * looks may be called at any time.
 */
export interface Connector {
  readonly name: string
  config(): RawConfig
  target(): TargetState
  instance(): ConnectorInstance
  info(): ConnectorInfo
  state(): ConnectorStateInfo
  tasks(): readonly TaskInfo[]
  taskState(task: number): TaskState
  health(): ConnectorHealth
  /** Gives it another configuration, or the same once more; tasks restart when their configuration or the connector's differs. */
  configure(raw: RawConfig): Promise<void>
  setTarget(target: TargetState): Promise<void>
  restart(options: RestartOptions): Promise<ConnectorStateInfo>
  restartTask(task: number): Promise<void>
  /** Ends it for good, also while something else is under way. */
  close(): Promise<void>
}

export interface ConnectorOptions {
  readonly name: string
  readonly raw: RawConfig
  readonly target: TargetState
  readonly deps: WorkerDeps
  readonly workerId: () => string
  readonly inTurn: InTurn
}

export async function createConnector(options: ConnectorOptions): Promise<Connector> {
  const { name, raw, deps, workerId, inTurn } = options
  const log: Logger = deps.log.child({ connector: name })
  let { target } = options
  let isClosed = false
  /** What the tasks were last made from, placeholders replaced. */
  let applied: Props | undefined
  const isStarted = () => target === 'STARTED' && !isClosed
  const tasks = createTaskSet({ connector: name, deps, log, workerId, inTurn, isStarted })

  /** Makes the tasks anew if anything about them changed. */
  async function giveTasks({ run, configs }: MadeTasks): Promise<boolean> {
    const former = tasks.infos()
    const isSame =
      configs.length === former.length &&
      configs.every((config, task) => sameProps(config, former[task]?.config ?? {})) &&
      applied !== undefined &&
      sameProps(applied, run.resolved.props)
    if (isSame) return false
    await tasks.replace({ plugin: run.plugin, restart: run.restart, configs })
    applied = run.resolved.props
    return true
  }

  const life = await startLife({ name, raw, target, deps, log, inTurn, giveTasks })
  await life.updateTasks()

  const state = (): ConnectorStateInfo => ({
    name,
    connector: shownState(life.state(), workerId()),
    tasks: tasks.states(),
    type: life.instance().type,
  })

  function taskState(task: number): TaskState {
    const found = tasks.states()[task]
    if (!found) throw new NotFoundError(`No status found for task ${name}-${task}`)
    return found
  }

  return {
    name,
    config: life.raw,
    target: () => target,
    instance: life.instance,
    info: () => ({ name, config: life.raw(), tasks: tasks.infos().map(({ id }) => id), type: life.instance().type }),
    state,
    tasks() {
      const redact = life.instance().run?.redactResolved
      return tasks.infos().map(({ id, config }) => ({ id, config: shownConfig(config, life.raw(), redact) }))
    },
    taskState,
    health: () => healthOf(state(), target, tasks.restarts(), life.restarts()),
    configure: life.configure,
    async setTarget(next) {
      target = next
      life.aim(next)
      if (next === 'STOPPED') await tasks.stop()
      if (next === 'STARTED') tasks.resume()
      await life.reach()
      if (next === 'PAUSED') tasks.pause()
    },
    async restart({ includeTasks, onlyFailed }) {
      const before = state()
      const isChosen = (part: { readonly state: ConnectorState }) => !onlyFailed || part.state === 'FAILED'
      const chosen = includeTasks ? before.tasks.filter(isChosen).map(({ id }) => id) : []
      const isRenewed = isChosen(before.connector) && (await life.restart())
      if (!isRenewed) await tasks.restart(chosen)
      return {
        ...before,
        connector: isChosen(before.connector) ? { ...before.connector, state: 'RESTARTING' } : before.connector,
        tasks: before.tasks.map((task) => (chosen.includes(task.id) ? { ...task, state: 'RESTARTING' } : task)),
      }
    },
    async restartTask(task) {
      if (task >= tasks.count()) throw new NotFoundError(`Task ${name}-${task} not found`)
      await tasks.restart([task])
    },
    async close() {
      isClosed = true
      life.end()
      await tasks.stop()
    },
  }
}

const shownState = (
  { state, trace, version }: ReturnType<ConnectorLife['state']>,
  worker_id: string,
): ConnectorStateInfo['connector'] => ({ state, worker_id, ...(trace !== undefined && { trace }), version })
