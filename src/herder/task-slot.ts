import type { Logger } from '#api'
import {
  createAutoRestart,
  type RestartConfig,
  type RestartStatus,
  startTask,
  type TaskHandle,
  type TaskSpec,
  type WorkerDeps,
} from '../runtime/index.ts'
import type { TaskId, TaskState } from './herder.ts'
import type { InTurn } from './serialize.ts'

type RawConfig = Readonly<Record<string, string>>

/** A task with one configuration, however often it starts: it restarts by itself when `errors.restart.*` says so. */
export interface TaskSlot {
  readonly id: TaskId
  readonly props: RawConfig
  state(): TaskState
  restarts(): RestartStatus
  pause(): void
  /** What failed before the pause is tried again if it restarts by itself. */
  resume(): void
  renumbered(): void
  handOver(): Promise<void>
  /** A person asks: what was counted of earlier restarts is forgotten. */
  restart(): Promise<void>
  /** Ends it for good, also while it restarts. */
  stop(): Promise<void>
  abandon(): void
}

export interface SlotOptions
  extends Omit<TaskSpec, 'connector' | 'task' | 'props' | 'paused' | 'onFailure' | 'onChange'> {
  readonly id: TaskId
  readonly props: RawConfig
  readonly restart: RestartConfig
  readonly deps: WorkerDeps
  readonly log: Logger
  readonly workerId: () => string
  readonly inTurn: InTurn
  /** Whether tasks run at this moment; a failed one is restarted by itself only then. */
  readonly isStarted: () => boolean
  /** `state` may answer otherwise by the task's own doing. */
  readonly changed?: () => void
}

export function createTaskSlot(options: SlotOptions): TaskSlot {
  const { id, props, plugin, deps, log, workerId, inTurn, isStarted, changed = () => undefined } = options
  const { connector, task } = id
  let hasEnded = false
  let handle = start()
  const restarts = createAutoRestart({
    config: options.restart,
    clock: deps.clock,
    restart: () =>
      void inTurn(restartByItself).catch((error: unknown) =>
        log.error({ task, error }, 'failed task could not be restarted'),
      ),
  })

  function start(): TaskHandle {
    const onFailure = () => {
      if (isStarted() && !hasEnded) restarts.failed()
      changed()
    }
    return startTask({ ...options, connector, task, props, paused: !isStarted(), onFailure, onChange: changed }, deps)
  }

  async function startAgain(): Promise<void> {
    await handle.stop()
    if (hasEnded) return
    handle = start()
    changed()
  }

  async function restartByItself(): Promise<void> {
    const isDue = !hasEnded && handle.status().state === 'FAILED' && isStarted()
    if (!isDue) return
    log.info({ task, restarts: restarts.status().count }, 'failed task restarts by itself')
    await startAgain()
  }

  function end(): void {
    hasEnded = true
    restarts.cancel()
  }

  return {
    id,
    props,
    state() {
      const { state, trace, facts } = handle.status()
      const { count, nextAt, exhausted } = restarts.status()
      const told = {
        ...facts,
        ...(count > 0 && { restarts: count }),
        ...(nextAt !== null && { nextRestart: new Date(nextAt).toISOString() }),
      }
      return {
        id: task,
        state,
        worker_id: workerId(),
        ...(trace !== undefined && { trace: exhausted === undefined ? trace : `${trace}\nThe task was ${exhausted}.` }),
        version: state === 'UNASSIGNED' ? null : plugin.version,
        ...(Object.keys(told).length > 0 && { facts: told }),
      }
    },
    restarts: restarts.status,
    pause() {
      restarts.cancel()
      handle.pause()
    },
    resume() {
      handle.resume()
      if (handle.status().state === 'FAILED' && restarts.status().nextAt === null) restarts.failed()
    },
    renumbered: () => handle.renumbered(),
    handOver: () => handle.handOver(),
    async restart() {
      restarts.reset()
      await startAgain()
    },
    async stop() {
      end()
      await handle.stop()
    },
    abandon() {
      end()
      handle.abandon()
    },
  }
}
