import { type Logger, messageOf, NotFoundError, type Props } from '#api'
import {
  type AutoRestart,
  type ConnectorRun,
  createAutoRestart,
  TooManyTasksError,
  type WorkerDeps,
} from '../runtime/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { type ConnectorInstance, openInstance } from './connector-instance.ts'
import { lenientRestart, sameProps, shownConfig } from './connector-props.ts'
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

/** As in Kafka Connect. */
const taskConfigsBackoff = { initialMs: 250, maxMs: 60_000 }

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
  const { name, deps, workerId, inTurn } = options
  const log: Logger = deps.log.child({ connector: name })
  let { raw, target } = options
  let isClosed = false
  /** Of this instance: its watch on providers, its tries to make task configurations. */
  let life = new AbortController()
  /** What the tasks were last made from, placeholders replaced. */
  let applied: Props | undefined
  let restarts: AutoRestart | undefined
  /** The try to make task configurations that is due. */
  let retry = new AbortController()
  const isStarted = () => target === 'STARTED' && !isClosed
  const tasks = createTaskSet({ connector: name, deps, log, workerId, inTurn, isStarted })
  let instance = await open()
  await updateTasks()

  async function open(): Promise<ConnectorInstance> {
    life.abort()
    retry.abort()
    life = new AbortController()
    const { signal } = life
    const made = await openInstance({ raw, target, deps, log })
    if (target === 'STARTED') deps.metrics.connectorStartup(name, made.state() === 'STARTED')
    watch(made, signal)
    if (made.state() === 'FAILED' && isStarted()) autoRestart(made).failed()
    return made
  }

  /** Runs in its turn, unless the instance that asked is gone by then. */
  function later(work: () => Promise<void>, signal: AbortSignal): void {
    void inTurn(async () => {
      if (!signal.aborted && !isClosed) await work()
    }).catch((error: unknown) => log.error({ error }, 'connector could not be brought up to date'))
  }

  /** Also where nothing was replaced: a provider may have the key later. */
  function watch({ run }: ConnectorInstance, signal: AbortSignal): void {
    if (!run || run.resolved.props['config.action.reload'] === 'none') return
    run.resolved.onChange(signal, () => later(() => reload(run, signal), signal))
  }

  async function reload(run: ConnectorRun, signal: AbortSignal): Promise<void> {
    const refused = await deps.resolver.resolve(raw).then(
      ({ resolved }) =>
        [...run.resolved.resolved].filter((key) => !resolved.has(key)).map((key) => `no value of ${key}`),
      (error: unknown) => [run.redact(messageOf(error))],
    )
    if (refused.length > 0) {
      log.warn(
        { error: refused.join(', ') },
        'configuration providers give less than before, so the connector keeps what it has',
      )
      return watch(instance, signal)
    }
    log.info({}, 'a value of a configuration provider has changed, so the connector restarts')
    await reopen()
  }

  async function reopen(): Promise<void> {
    instance = await open()
    await updateTasks()
  }

  /** Its own count, of failed starts; a connector that could not be made says itself how it restarts, as far as it can be read. */
  function autoRestart(made: ConnectorInstance): AutoRestart {
    restarts ??= createAutoRestart({
      config: made.run?.restart ?? lenientRestart(raw),
      clock: deps.clock,
      restart: () => later(async () => (instance.state() === 'FAILED' ? reopen() : undefined), life.signal),
    })
    return restarts
  }

  /** Makes the tasks anew if anything about them changed. True when it did. */
  async function updateTasks(attempt = 0): Promise<boolean> {
    retry.abort()
    const { run } = instance
    if (!run || instance.state() !== 'STARTED' || !isStarted()) return false
    let configs: readonly RawConfig[]
    try {
      configs = instance.taskConfigs()
    } catch (error) {
      if (!(error instanceof TooManyTasksError)) retryTasks(error, attempt)
      return false
    }
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

  function retryTasks(error: unknown, attempt: number): void {
    retry = new AbortController()
    const { signal } = retry
    const delay = backoffDelay(attempt, taskConfigsBackoff)
    log.error({ error, retryMs: delay }, 'connector failed to make its task configurations, which is tried again')
    void tryAgain(delay, attempt + 1, signal)
  }

  async function tryAgain(delay: number, attempt: number, signal: AbortSignal): Promise<void> {
    await deps.clock.sleep(delay, signal)
    later(async () => void (await updateTasks(attempt)), signal)
  }

  function state(): ConnectorStateInfo {
    const { version, trace } = instance
    const shown: ConnectorState = instance.state() === 'STARTED' ? 'RUNNING' : (instance.state() as ConnectorState)
    const exhausted = restarts?.status().exhausted
    const why = exhausted === undefined ? trace : `${trace}\nThe connector was ${exhausted}.`
    return {
      name,
      connector: {
        state: shown,
        worker_id: workerId(),
        ...(trace !== undefined && why !== undefined && { trace: why }),
        version,
      },
      tasks: tasks.states(),
      type: instance.type,
    }
  }

  function taskState(task: number): TaskState {
    const found = tasks.states()[task]
    if (!found) throw new NotFoundError(`No status found for task ${name}-${task}`)
    return found
  }

  return {
    name,
    config: () => raw,
    target: () => target,
    instance: () => instance,
    info: () => ({ name, config: raw, tasks: tasks.infos().map(({ id }) => id), type: instance.type }),
    state,
    tasks: () =>
      tasks.infos().map(({ id, config }) => ({ id, config: shownConfig(config, raw, instance.run?.redactResolved) })),
    taskState,
    health: () => healthOf(state(), target, tasks.restarts(), restarts?.status()),
    async configure(next) {
      restarts?.cancel()
      restarts = undefined
      raw = next
      await reopen()
    },
    async setTarget(next) {
      target = next
      if (next !== 'STARTED') restarts?.cancel()
      if (next === 'STOPPED') await tasks.stop()
      // What could not be made at all is made anew when it is resumed after a stop.
      if (next === 'STARTED' && !instance.run && instance.state() !== 'FAILED') instance = await open()
      else instance.transition(next)
      if (next === 'PAUSED') tasks.pause()
      if (next !== 'STARTED') return
      tasks.resume()
      if (instance.state() === 'FAILED' && restarts?.status().nextAt === null) restarts.failed()
      await updateTasks()
    },
    async restart({ includeTasks, onlyFailed }) {
      const before = state()
      const isChosen = (part: { readonly state: ConnectorState }) => !onlyFailed || part.state === 'FAILED'
      const chosen = includeTasks ? before.tasks.filter(isChosen).map(({ id }) => id) : []
      let renewed = false
      if (isChosen(before.connector)) {
        restarts?.reset()
        instance = await open()
        renewed = await updateTasks()
      }
      if (!renewed) await tasks.restart(chosen)
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
      life.abort()
      retry.abort()
      restarts?.cancel()
      await tasks.stop()
    },
  }
}
