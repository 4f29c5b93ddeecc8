import type { Logger } from '#api'
import {
  type AutoRestart,
  createAutoRestart,
  type RestartConfig,
  type RestartStatus,
  startTask,
  type TaskHandle,
  type TaskSpec,
  type WorkerDeps,
} from '../runtime/index.ts'
import { anewConfig, verifiedFirst, wasCutOff } from './begin-anew.ts'
import type { TaskId, TaskState } from './herder.ts'
import type { InTurn } from './serialize.ts'

type RawConfig = Readonly<Record<string, string>>

/**
 * A task with one configuration, however often it starts: it restarts by itself when `errors.restart.*` says so, and in any case when its
 * transactions were cut off.
 */
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
  const { id, props, plugin, deps, log, workerId, inTurn, isStarted, exactlyOnce, changed = () => undefined } = options
  const { connector, task } = id
  const verified = exactlyOnce && verifiedFirst(exactlyOnce)
  let hasEnded = false
  let isCutOff = false
  let handle = start()
  const restart = (): void =>
    void inTurn(restartByItself).catch((error: unknown) =>
      log.error({ task, error }, 'failed task could not be restarted'),
    )
  const asConfigured = createAutoRestart({ config: options.restart, clock: deps.clock, restart })
  const anew = createAutoRestart({ config: anewConfig, clock: deps.clock, restart })
  const restarts = (): AutoRestart => (isCutOff ? anew : asConfigured)

  function start(): TaskHandle {
    const onFailure = (error: unknown) => {
      isCutOff = exactlyOnce !== undefined && wasCutOff(error)
      if (isStarted() && !hasEnded) restarts().failed()
      changed()
    }
    const own = { connector, task, props, paused: !isStarted(), onFailure, onChange: changed }
    return startTask({ ...options, ...own, exactlyOnce: isCutOff ? verified : exactlyOnce }, deps)
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
    log.info({ task, restarts: status().count }, 'failed task restarts by itself')
    await startAgain()
  }

  function status(): RestartStatus {
    const [first, second] = [asConfigured.status(), anew.status()]
    return {
      count: first.count + second.count,
      nextAt: first.nextAt ?? second.nextAt,
      ...(first.exhausted !== undefined && !isCutOff && { exhausted: first.exhausted }),
    }
  }

  function cancel(): void {
    asConfigured.cancel()
    anew.cancel()
  }

  function end(): void {
    hasEnded = true
    cancel()
  }

  return {
    id,
    props,
    state() {
      const { state, trace, facts } = handle.status()
      const { count, nextAt, exhausted } = status()
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
    restarts: status,
    pause() {
      cancel()
      handle.pause()
    },
    resume() {
      handle.resume()
      if (handle.status().state === 'FAILED' && status().nextAt === null) restarts().failed()
    },
    renumbered: () => handle.renumbered(),
    handOver: () => handle.handOver(),
    async restart() {
      asConfigured.reset()
      anew.reset()
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
