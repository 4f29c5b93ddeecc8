import type { Logger, SinkConnector, SourceConnector } from '#api'
import {
  type AutoRestart,
  createAutoRestart,
  type RestartConfig,
  startTask,
  type TaskHandle,
  type WorkerDeps,
} from '../runtime/index.ts'
import type { TaskInfo, TaskState } from './herder.ts'
import type { InTurn } from './serialize.ts'

type RawConfig = Readonly<Record<string, string>>

export interface TaskSetOptions {
  readonly connector: string
  readonly deps: WorkerDeps
  readonly log: Logger
  readonly workerId: () => string
  readonly inTurn: InTurn
  /** Whether tasks run at this moment; a failed one is restarted by itself only then. */
  readonly isStarted: () => boolean
}

/** What all tasks of a connector share until it is configured anew. */
export interface TaskPlan {
  readonly plugin: SourceConnector | SinkConnector
  readonly restart: RestartConfig
  readonly configs: readonly RawConfig[]
}

/** The tasks of one connector. Calls must not overlap, but for those that only look. */
export interface TaskSet {
  count(): number
  infos(): readonly TaskInfo[]
  states(): readonly TaskState[]
  /** Ends the former tasks and starts these, unless none are to run any more. */
  replace(plan: TaskPlan): Promise<void>
  pause(): void
  /** What failed before the pause is tried again if it restarts by itself. */
  resume(): void
  /** A person asks: what was counted of earlier restarts is forgotten. */
  restart(ids: readonly number[]): Promise<void>
  /** Ends all, side by side; then there are none. */
  stop(): Promise<void>
  restarts(): { readonly count: number; readonly nextAt: number | null }
}

interface Slot {
  handle: TaskHandle
  readonly restarts: AutoRestart
}

export function createTaskSet(options: TaskSetOptions): TaskSet {
  const { connector, deps, log, workerId, inTurn, isStarted } = options
  let slots: readonly Slot[] = []
  let plan: TaskPlan | undefined

  function start({ plugin }: TaskPlan, task: number, props: RawConfig): TaskHandle {
    const onFailure = () => {
      if (isStarted()) slots[task]?.restarts.failed()
    }
    return startTask({ plugin, connector, task, props, paused: !isStarted(), onFailure }, deps)
  }

  async function startAgain(slot: Slot, task: number): Promise<void> {
    await slot.handle.stop()
    // The set may have been ended meanwhile.
    if (plan && slots[task] === slot) slot.handle = start(plan, task, slot.handle.props as RawConfig)
  }

  async function restartByItself(slot: Slot, task: number): Promise<void> {
    const isDue = slots[task] === slot && slot.handle.status().state === 'FAILED' && isStarted()
    if (!isDue) return
    log.info({ task, restarts: slot.restarts.status().count }, 'failed task restarts by itself')
    await startAgain(slot, task)
  }

  function createSlot(made: TaskPlan, task: number, props: RawConfig): Slot {
    const restart = () =>
      void inTurn(() => restartByItself(slot, task)).catch((error: unknown) =>
        log.error({ task, error }, 'failed task could not be restarted'),
      )
    const slot: Slot = {
      handle: start(made, task, props),
      restarts: createAutoRestart({ config: made.restart, clock: deps.clock, restart }),
    }
    return slot
  }

  function stateOf({ handle, restarts }: Slot, id: number): TaskState {
    const { state, trace, facts } = handle.status()
    const { count, nextAt, exhausted } = restarts.status()
    const told = {
      ...facts,
      ...(count > 0 && { restarts: count }),
      ...(nextAt !== null && { nextRestart: new Date(nextAt).toISOString() }),
    }
    return {
      id,
      state,
      worker_id: workerId(),
      ...(trace !== undefined && { trace: exhausted === undefined ? trace : `${trace}\nThe task was ${exhausted}.` }),
      version: state === 'UNASSIGNED' ? null : (plan?.plugin.version ?? null),
      ...(Object.keys(told).length > 0 && { facts: told }),
    }
  }

  async function stop(): Promise<void> {
    const ending = slots
    slots = []
    for (const { restarts } of ending) restarts.cancel()
    await Promise.all(ending.map(({ handle }) => handle.stop()))
  }

  return {
    count: () => slots.length,
    infos: () => slots.map(({ handle }, task) => ({ id: { connector, task }, config: handle.props as RawConfig })),
    states: () => slots.map(stateOf),
    async replace(next) {
      await stop()
      // Whoever has closed it meanwhile found nothing more to stop.
      if (!isStarted()) return
      plan = next
      slots = next.configs.map((props, task) => createSlot(next, task, props))
    },
    pause() {
      for (const { handle, restarts } of slots) {
        restarts.cancel()
        handle.pause()
      }
    },
    resume() {
      for (const { handle, restarts } of slots) {
        handle.resume()
        if (handle.status().state === 'FAILED' && restarts.status().nextAt === null) restarts.failed()
      }
    },
    async restart(ids) {
      await Promise.all(
        ids.map(async (task) => {
          const slot = slots[task]
          slot?.restarts.reset()
          if (slot) await startAgain(slot, task)
        }),
      )
    },
    stop,
    restarts() {
      const all = slots.map(({ restarts }) => restarts.status())
      const due = all.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]))
      return { count: all.reduce((sum, { count }) => sum + count, 0), nextAt: due.length > 0 ? Math.min(...due) : null }
    },
  }
}
