import type { Plugin, Props, SinkConnector, SourceConnector } from '#api'
import { AlreadyExistsError, ConfigError, defineConfig, NotFoundError, traceOf } from '#api'
import {
  refuseInvalid,
  sinkConfig,
  sourceConfig,
  startTask,
  type TaskHandle,
  validateDeclaration,
  type WorkerDeps,
} from '../runtime/index.ts'
import type {
  ConnectorInfo,
  ConnectorState,
  ConnectorStateInfo,
  Herder,
  InstanceState,
  TargetState,
  TaskState,
} from './herder.ts'
import { serialize } from './serialize.ts'

export interface StandaloneHerderOptions {
  readonly deps: WorkerDeps
  /** `host:port` of this worker's REST API. */
  workerId(): string
  readonly version: string
  readonly commit: string
}

/** A connector of this worker. */
interface Entry {
  readonly name: string
  readonly plugin: SourceConnector | SinkConnector
  readonly config: Readonly<Record<string, string>>
  target: TargetState
  /** Why the task configurations could not be made. */
  failure?: string
  tasks: readonly TaskHandle[]
}

export interface StandaloneHerder extends Herder {
  /** Stops all tasks, side by side. */
  stop(): Promise<void>
}

/** Runs every connector on this one worker; configurations, target states and statuses are in memory, as in Kafka Connect's standalone mode. */
export function createStandaloneHerder(options: StandaloneHerderOptions): StandaloneHerder {
  const { deps } = options
  const entries = new Map<string, Entry>()
  const inTurn = serialize()

  function entry(name: string): Entry {
    const found = entries.get(name)
    if (!found) throw new NotFoundError(`Connector ${name} not found`)
    return found
  }

  function taskOf({ connector, task }: { connector: string; task: number }): TaskHandle {
    const found = entry(connector).tasks[task]
    if (!found) throw new NotFoundError(`Task ${connector}-${task} not found`)
    return found
  }

  function startTasks(each: Entry): void {
    if (each.target === 'STOPPED') return
    delete each.failure
    try {
      const configs = taskConfigs(each.plugin, each.config)
      each.tasks = configs.map((props, task) =>
        startTask({ plugin: each.plugin, connector: each.name, task, props, paused: each.target === 'PAUSED' }, deps),
      )
    } catch (error) {
      each.failure = traceOf(error)
      deps.log.error({ connector: each.name, error }, 'connector failed to make its task configurations')
    }
  }

  async function stopTasks(each: Entry): Promise<void> {
    await Promise.all(each.tasks.map((task) => task.stop()))
    each.tasks = []
  }

  function restartTask(each: Entry, task: number): void {
    const former = each.tasks[task]
    if (!former) return
    const { plugin, name: connector } = each
    const next = startTask({ plugin, connector, task, props: former.props, paused: each.target === 'PAUSED' }, deps)
    each.tasks = each.tasks.with(task, next)
  }

  const instance = (state: ConnectorState, version: string, trace?: string): InstanceState => ({
    state,
    worker_id: options.workerId(),
    ...(trace !== undefined && { trace }),
    version,
  })

  function taskState(each: Entry, handle: TaskHandle, id: number): TaskState {
    const { state, trace, facts } = handle.status()
    return { id, ...instance(state, each.plugin.version, trace), ...(Object.keys(facts).length > 0 && { facts }) }
  }

  const stateInfo = (each: Entry): ConnectorStateInfo => {
    const running = ({ STARTED: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const)[each.target]
    return {
      name: each.name,
      connector: instance(each.failure === undefined ? running : 'FAILED', each.plugin.version, each.failure),
      tasks: each.tasks.map((handle, id) => taskState(each, handle, id)),
      type: each.plugin.kind,
    }
  }

  const info = (each: Entry): ConnectorInfo => ({
    name: each.name,
    config: each.config,
    tasks: each.tasks.map((_, task) => ({ connector: each.name, task })),
    type: each.plugin.kind,
  })

  function connectorPlugin(config: Props): SourceConnector | SinkConnector {
    const type = config['connector.class']
    if (!type) throw new ConfigError('Connector config contains no connector type; set "connector.class"')
    return deps.plugins.find('connector', type).plugin
  }

  return {
    async serverInfo() {
      return { version: options.version, commit: options.commit, kafka_cluster_id: await deps.kafka.clusterId() }
    },
    connectors: async () => [...entries.keys()],
    connectorInfo: async (name) => info(entry(name)),
    connectorConfig: async (name) => entry(name).config,
    connectorState: async (name) => stateInfo(entry(name)),
    tasks: async (name) =>
      entry(name).tasks.map(({ props }, task) => ({ id: { connector: name, task }, config: withoutNulls(props) })),
    taskState: async (id) => taskState(entry(id.connector), taskOf(id), id.task),

    putConnector: (name, props, { replace, initialState = 'STARTED' }) =>
      inTurn(async () => {
        const former = entries.get(name)
        if (former && !replace) throw new AlreadyExistsError(`Connector ${name} already exists`)
        const config = { ...withoutNulls(props), name }
        const plugin = connectorPlugin(config)
        const validation = validateDeclaration(plugin, config, deps.plugins)
        refuseInvalid(validation)
        for (const warning of validation.warnings)
          deps.log.warn({ connector: name, warning }, 'configuration has a property without effect')
        if (former) await stopTasks(former)
        const next: Entry = { name, plugin, config, target: former?.target ?? initialState, tasks: [] }
        entries.set(name, next)
        startTasks(next)
        return { created: !former, info: info(next), warnings: validation.warnings }
      }),

    deleteConnector: (name) =>
      inTurn(async () => {
        await stopTasks(entry(name))
        entries.delete(name)
      }),

    setTargetState: (name, state) =>
      inTurn(async () => {
        const each = entry(name)
        each.target = state
        if (state === 'STOPPED') return stopTasks(each)
        if (each.tasks.length === 0) return startTasks(each)
        for (const task of each.tasks) {
          if (state === 'PAUSED') task.pause()
          else task.resume()
        }
      }),

    restartConnector: (name, { includeTasks, onlyFailed }) =>
      inTurn(async () => {
        const each = entry(name)
        const before = stateInfo(each)
        const isChosen = ({ state }: InstanceState) => !onlyFailed || state === 'FAILED'
        const chosen = includeTasks ? before.tasks.filter(isChosen) : []
        if (isChosen(before.connector)) {
          delete each.failure
          if (each.tasks.length === 0) startTasks(each)
        }
        await Promise.all(chosen.map(async ({ id }) => each.tasks[id]?.stop()))
        for (const { id } of chosen) restartTask(each, id)
        const restarting = instance('RESTARTING', each.plugin.version)
        return {
          ...before,
          connector: isChosen(before.connector) ? restarting : before.connector,
          tasks: before.tasks.map((task) => (chosen.includes(task) ? { id: task.id, ...restarting } : task)),
        }
      }),

    restartTask: (id) =>
      inTurn(async () => {
        await taskOf(id).stop()
        restartTask(entry(id.connector), id.task)
      }),

    plugins: (connectorsOnly) => deps.plugins.list(connectorsOnly),
    validate: async (name, props) => {
      const config = { ...props, 'connector.class': props['connector.class'] ?? name }
      return validateDeclaration(deps.plugins.find('connector', name).plugin, config, deps.plugins)
    },
    pluginConfig(name) {
      const found = deps.plugins.any(name)
      if (!found) throw new NotFoundError(`Unknown plugin ${name}.`)
      return withFrameworkKeys(found.plugin)
    },

    stop: () =>
      inTurn(async () => {
        await Promise.all([...entries.values()].map(stopTasks))
      }),
  }
}

/** Each task's properties: a sink's tasks are alike, a source divides its work; what runs on every worker has one. */
function taskConfigs(plugin: SourceConnector | SinkConnector, props: Props): readonly Props[] {
  const maxTasks = Math.max(1, Number(props['tasks.max'] ?? 1))
  if (plugin.kind === 'sink') {
    const count = plugin.placement === 'everyWorker' ? 1 : maxTasks
    return Array.from({ length: count }, () => props)
  }
  const config = plugin.config.parse(props) as never
  const own = (plugin as SourceConnector<never>).taskConfigs?.(config, maxTasks) ?? [{}]
  return own.map((differences) => ({ ...props, ...differences }))
}

const withoutNulls = (props: Props): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(props).flatMap(([key, value]) => (value === null || value === undefined ? [] : [[key, value]])),
  )

/** A connector's keys with those that the framework adds, as Kafka Connect shows them. */
function withFrameworkKeys(plugin: Plugin): Plugin {
  if (plugin.kind !== 'sink' && plugin.kind !== 'source') return plugin
  const framework = plugin.kind === 'sink' ? sinkConfig : sourceConfig
  return { ...plugin, config: defineConfig({ ...framework.keys, ...plugin.config.keys }) }
}
