import { type Logger, traceOf } from '#api'
import {
  type ConnectorRun,
  connectorPlugin,
  openConnector,
  TooManyTasksError,
  type WorkerDeps,
} from '../runtime/index.ts'
import type { TargetState } from './herder.ts'

type RawConfig = Readonly<Record<string, string>>

/**
 * One life of a connector itself, which makes the configurations of its tasks. As in Kafka Connect, target states move it between STARTED,
 * PAUSED and STOPPED; what failed can be stopped, and otherwise has to be restarted.
 */
export interface ConnectorInstance {
  state(): 'STARTED' | 'PAUSED' | 'STOPPED' | 'FAILED'
  readonly trace?: string | undefined
  /** Null when it failed before there was a connector to have one. */
  readonly version: string | null
  readonly type: 'source' | 'sink' | 'unknown'
  /** Undefined when it could not be made at all. */
  readonly run: ConnectorRun | undefined
  /** Whether it went where it was told to. */
  transition(target: TargetState): boolean
  /** Throws when they cannot be made; after `TooManyTasksError` the connector has failed. */
  taskConfigs(): readonly RawConfig[]
}

export interface InstanceOptions {
  readonly raw: RawConfig
  readonly target: TargetState
  readonly deps: WorkerDeps
  readonly log: Logger
}

/** Makes a connector and takes it to its target state. Never rejects: what is wrong is its state. */
export async function openInstance({ raw, target, deps, log }: InstanceOptions): Promise<ConnectorInstance> {
  let state: ReturnType<ConnectorInstance['state']> | 'INIT' = 'INIT'
  let trace: string | undefined
  let run: ConnectorRun | undefined

  function fail(error: unknown, what: string): void {
    // The first cause stays.
    if (state === 'FAILED') return
    state = 'FAILED'
    const text = traceOf(error)
    trace = run ? run.redact(text) : text
    log.error({ trace }, what)
  }

  function transition(next: TargetState): boolean {
    if (state === 'FAILED' && next !== 'STOPPED') {
      log.error({ target: next }, 'connector has failed and cannot change its state until it is restarted')
      return false
    }
    try {
      if (next === 'STARTED' && state !== 'STARTED') run?.config()
      state = next
      trace = undefined
    } catch (error) {
      fail(error, 'connector failed to start')
    }
    return state === next
  }

  try {
    run = await openConnector(raw, deps)
    transition(target)
  } catch (error) {
    fail(error, 'connector could not be made')
  }

  return {
    state: () => (state === 'INIT' ? 'FAILED' : state),
    get trace() {
      return trace
    },
    version: run?.plugin.version ?? null,
    type: run?.plugin.kind ?? typeOf(raw, deps),
    run,
    transition,
    taskConfigs() {
      try {
        return run?.taskConfigs(log) ?? []
      } catch (error) {
        if (error instanceof TooManyTasksError) fail(error, 'connector has generated too many tasks')
        throw error
      }
    },
  }
}

/** Of a connector that could not be made; nobody knows it when the class is a placeholder. */
export function typeOf(raw: RawConfig, { plugins }: Pick<WorkerDeps, 'plugins'>): 'source' | 'sink' | 'unknown' {
  try {
    return connectorPlugin(raw, plugins).kind
  } catch {
    // Why is in the trace already.
    return 'unknown'
  }
}
