import { type Props, traceOf } from '#api'
import {
  connectorPlugin,
  type ExactlyOnceTask,
  isEveryWorker,
  lanesOf,
  type ResolvedConfig,
  redactResolved,
  type WorkerDeps,
} from '../../runtime/index.ts'
import type { RawConfig } from '../../storage/index.ts'
import { lenientRestart, withoutNulls } from '../connector-props.ts'
import type { TaskId } from '../herder.ts'
import { createTaskSlot, type SlotOptions, type TaskSlot } from '../task-slot.ts'
import { watchValues } from '../watch-values.ts'

/** `reader`: of an `everyWorker` connector, on each worker; `door`: of a source with lanes, likewise. */
export type TaskKind = 'task' | 'reader' | 'door'

export interface OpenTaskOptions
  extends Pick<SlotOptions, 'id' | 'props' | 'deps' | 'log' | 'workerId' | 'inTurn' | 'isStarted' | 'changed'> {
  readonly kind: TaskKind
  readonly numbered: () => boolean
  readonly exactlyOnce: ExactlyOnceTask
  /** Ends its watch on configuration providers. */
  readonly signal: AbortSignal
  /** Begins it anew, in the connector's turn: a provider has other values. */
  renew(): Promise<void>
}

/** Starts a task, a reader or a door. Never rejects: what cannot even be begun is a task that has failed. */
export async function openTask({
  kind,
  numbered,
  exactlyOnce,
  signal,
  renew,
  ...options
}: OpenTaskOptions): Promise<TaskSlot> {
  const { id, props, deps, log } = options
  const config = await resolveLeniently(props, deps)
  const redact = redactResolved(config)
  const later = (work: () => Promise<void>): void =>
    void options
      .inTurn(async () => (signal.aborted ? undefined : work()))
      .catch((error: unknown) => log.error({ task: id.task, error }, 'task could not be brought up to date'))
  watchValues({ raw: props, resolved: config, resolver: deps.resolver, redact, log, signal, later, renew })
  try {
    const plugin = connectorPlugin(config.props, deps.plugins)
    return createTaskSlot({
      ...options,
      plugin,
      restart: lenientRestart(withoutNulls(config.props)),
      ...(kind === 'reader' && { numbered }),
      ...(kind === 'door' && { isDoor: true }),
      ...(kind === 'task' && plugin.kind === 'source' && deps.exactlyOnce && { exactlyOnce }),
    })
  } catch (error) {
    const trace = redact(traceOf(error))
    log.error({ task: id.task, trace }, 'task cannot be begun')
    return failedSlot(id, props, trace, options.workerId)
  }
}

/** What a provider refuses is the task's to tell when it starts. */
const resolveLeniently = (props: Props, { resolver }: WorkerDeps): Promise<ResolvedConfig> =>
  resolver.resolve(props).catch(() => ({ props, resolved: new Set<string>(), onChange: () => undefined }))

const ignore = (): void => undefined

/** A task whose connector this worker does not even know. */
const failedSlot = (id: TaskId, props: RawConfig, trace: string, workerId: () => string): TaskSlot => ({
  id,
  props,
  state: () => ({ id: id.task, state: 'FAILED', worker_id: workerId(), trace, version: null }),
  restarts: () => ({ count: 0, nextAt: null }),
  pause: ignore,
  resume: ignore,
  renumbered: ignore,
  async handOver() {},
  async restart() {},
  async stop() {},
  abandon: ignore,
})

/** What a connector of this configuration runs on every worker, whoever has its tasks. */
export async function everywhereOf(raw: RawConfig, deps: WorkerDeps): Promise<'reader' | 'door' | undefined> {
  const name = raw['connector.class']
  const { props } = await resolveLeniently(name === undefined ? {} : { 'connector.class': name }, deps)
  try {
    const plugin = connectorPlugin(props, deps.plugins)
    if (lanesOf(plugin, deps)) return 'door'
    return isEveryWorker(plugin, deps) ? 'reader' : undefined
  } catch {
    // Whoever has its connector or a task says so.
    return undefined
  }
}
