import type { Logger, SinkConnector, SourceConnector } from '#api'
import type { RestartConfig, WorkerDeps } from '../runtime/index.ts'
import type { TaskInfo, TaskState } from './herder.ts'
import type { InTurn } from './serialize.ts'
import { createTaskSlot, type TaskSlot } from './task-slot.ts'

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

/** All tasks of one connector, on this one worker. Calls must not overlap, but for those that only look. */
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

export function createTaskSet(options: TaskSetOptions): TaskSet {
  const { connector, isStarted } = options
  let slots: readonly TaskSlot[] = []

  async function stop(): Promise<void> {
    const ending = slots
    slots = []
    await Promise.all(ending.map((slot) => slot.stop()))
  }

  return {
    count: () => slots.length,
    infos: () => slots.map(({ id, props }) => ({ id, config: props })),
    states: () => slots.map((slot) => slot.state()),
    async replace({ plugin, restart, configs }) {
      await stop()
      // Whoever has closed it meanwhile found nothing more to stop.
      if (!isStarted()) return
      slots = configs.map((props, task) =>
        createTaskSlot({ ...options, id: { connector, task }, plugin, restart, props }),
      )
    },
    pause() {
      for (const slot of slots) slot.pause()
    },
    resume() {
      for (const slot of slots) slot.resume()
    },
    async restart(ids) {
      await Promise.all(ids.map(async (task) => slots[task]?.restart()))
    },
    stop,
    restarts() {
      const all = slots.map((slot) => slot.restarts())
      const due = all.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]))
      return { count: all.reduce((sum, { count }) => sum + count, 0), nextAt: due.length > 0 ? Math.min(...due) : null }
    },
  }
}
