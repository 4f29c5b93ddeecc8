import { AlreadyExistsError, ConflictError, NotFoundError, type Props } from '#api'
import type { WorkerDeps } from '../runtime/index.ts'
import { within } from '../util/within.ts'
import { createActiveTopics, type TopicTrackingSettings } from './active-topics.ts'
import { type Connector, createConnector } from './connector.ts'
import { patched, withoutNulls } from './connector-props.ts'
import { createDeclarations } from './declarations.ts'
import type { ConnectorInfo, Herder, TargetState } from './herder.ts'
import { createLoggers, type LogLevels } from './loggers.ts'
import { createConnectorOffsets } from './offsets.ts'
import { serializeByName } from './serialize.ts'
import { createWorkerAnswers, type PreviewDeclaration } from './worker-answers.ts'

export interface StandaloneHerderOptions {
  /** Which topics connectors use is recorded here. */
  readonly deps: Omit<WorkerDeps, 'topics'>
  readonly settings: TopicTrackingSettings
  readonly levels: LogLevels
  readonly preview: PreviewDeclaration
  /** `host:port` of this worker's REST API. */
  workerId(): string
  readonly version: string
  readonly commit: string
}

export interface StandaloneHerder extends Herder {
  /** Stops all connectors and tasks, side by side; from then on nothing can be changed. */
  stop(): Promise<void>
}

/** Runs every connector on this one worker; configurations, target states and statuses are in memory, as in Kafka Connect's standalone mode. */
export function createStandaloneHerder(options: StandaloneHerderOptions): StandaloneHerder {
  const connectors = new Map<string, Connector>()
  const topics = createActiveTopics(options.settings, (name) => connectors.has(name))
  const deps: WorkerDeps = { ...options.deps, topics }
  const { workerId } = options
  const queues = serializeByName()
  const declarations = createDeclarations(deps)
  const offsets = createConnectorOffsets({ deps })
  let isStopped = false

  /** One change of a connector at a time; the others are not held up. */
  const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    queues.of(name)(async () => {
      if (isStopped) throw new ConflictError('The worker is stopping.')
      return work()
    })

  function connector(name: string, complaint = `Connector ${name} not found`): Connector {
    const found = connectors.get(name)
    if (!found) throw new NotFoundError(complaint)
    return found
  }

  /** The configuration was checked; the connector runs with it from now on. */
  async function configure(name: string, props: Props, target: TargetState) {
    const { warnings } = await declarations.check({ ...props, name })
    const log = deps.log.child({ connector: name })
    for (const warning of warnings) log.warn({ warning }, 'configuration needs a look')
    const raw = { ...withoutNulls(props), name }
    const former = connectors.get(name)
    if (former) await former.configure(raw)
    else {
      const made = await createConnector({ name, raw, target, deps, workerId, inTurn: queues.of(name) })
      connectors.set(name, made)
      if (isStopped) await made.close()
    }
    return { created: !former, info: connector(name).info(), warnings }
  }

  return {
    ...createWorkerAnswers({ ...options, deps, declarations }),
    ...createLoggers(options.levels),
    connectors: async () => [...connectors.keys()],
    connectorInfo: async (name): Promise<ConnectorInfo> => connector(name).info(),
    connectorConfig: async (name) => connector(name).config(),
    connectorState: async (name) => connector(name, `No status found for connector ${name}`).state(),
    tasks: async (name) => connector(name).tasks(),
    taskState: async (id) =>
      connector(id.connector, `No status found for task ${id.connector}-${id.task}`).taskState(id.task),
    health: async (name) => connector(name).health(),
    readers: async (name) => {
      const { instance, state } = connector(name)
      if (instance().run?.plugin.placement !== 'everyWorker') return []
      return state().tasks.map(({ state: at, worker_id, trace, facts }) => ({
        state: at === 'RUNNING' || at === 'PAUSED' || at === 'FAILED' ? at : 'UNASSIGNED',
        worker_id,
        numbered: true,
        ...(trace !== undefined && { trace }),
        ...(facts && { facts }),
      }))
    },
    internal: undefined,

    putConnector: (name, props, { replace, initialState = 'STARTED' }) =>
      inTurn(name, async () => {
        if (!replace && connectors.has(name)) throw new AlreadyExistsError(`Connector ${name} already exists`)
        return configure(name, props, initialState)
      }),
    patchConnector: (name, patch) =>
      inTurn(name, async () => {
        const former = connector(name)
        return configure(name, patched(name, former.config(), patch), former.target())
      }),
    deleteConnector: (name) =>
      inTurn(name, async () => {
        await connector(name).close()
        connectors.delete(name)
        topics.forget(name)
        deps.metrics.forget(name)
      }),
    setTargetState: (name, target) =>
      inTurn(name, () => connector(name, `Unknown connector ${name}`).setTarget(target)),
    restartConnector: (name, how) => inTurn(name, () => connector(name, `Unknown connector: ${name}`).restart(how)),
    restartTask: ({ connector: name, task }) => inTurn(name, () => connector(name).restartTask(task)),

    topics: async (name) => topics.list(name),
    resetTopics: async (name) => topics.reset(name),
    offsets: async (name) => offsets.list(connector(name)),
    alterOffsets: (name, given) => inTurn(name, () => offsets.alter(connector(name), given)),
    resetOffsets: (name) => inTurn(name, () => offsets.reset(connector(name))),

    async stop() {
      isStopped = true
      await Promise.all([...connectors.values()].map((each) => each.close()))
      // What is under way closes what it has made; a broker that does not answer it holds up the end no longer than a task may.
      const inTime = await within(deps.settings['task.shutdown.graceful.timeout.ms'], queues.idle(), deps.clock)
      if (!inTime) deps.log.error({}, 'a change of a connector did not end in time and is left behind')
    },
  }
}
