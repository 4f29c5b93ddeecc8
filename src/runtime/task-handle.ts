import type { Props, SinkConnector, SourceConnector } from '#api'
import { traceOf } from '#api'
import { within } from '../util/within.ts'
import { runSink } from './sink-run.ts'
import { runSource } from './source-run.ts'
import type { Facts, TaskRun, WorkerDeps } from './task-run.ts'

export interface TaskStatus {
  readonly state: 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'FAILED'
  readonly trace?: string
  readonly facts: Facts
}

/** A task on this worker. It fails alone: nobody restarts it but who is asked to. */
export interface TaskHandle {
  readonly props: Props
  status(): TaskStatus
  pause(): void
  resume(): void
  /** Resolves when the task has ended, or when the graceful time-out has passed and it was left behind. */
  stop(): Promise<void>
}

export interface TaskSpec {
  readonly plugin: SourceConnector | SinkConnector
  readonly connector: string
  readonly task: number
  readonly props: Props
  readonly paused: boolean
}

/** Starts a task, or holds it until the first `resume` when it is created paused, as Kafka Connect does. */
export function startTask({ plugin, connector, task, props, paused }: TaskSpec, deps: WorkerDeps): TaskHandle {
  const stopping = new AbortController()
  const log = deps.log.child({ connector, task })
  let isPaused = paused
  let isLeftBehind = false
  let reported: Facts = {}
  let waitsFor: string | undefined
  let failure: string | undefined
  let ended: Promise<void> | undefined

  const run: TaskRun = {
    connector,
    task,
    props,
    log,
    signal: stopping.signal,
    paused: () => isPaused,
    cancelled: () => isLeftBehind,
    report: (facts) => {
      reported = facts
    },
    waiting: (reason) => {
      waitsFor = reason
    },
  }

  function begin(): void {
    log.info({ class: plugin.name }, 'task started')
    const life = plugin.kind === 'sink' ? runSink(plugin, run, deps) : runSource(plugin, run, deps)
    ended = life.then(
      () => log.info({}, 'task stopped'),
      (error: unknown) => {
        failure = traceOf(error)
        if (stopping.signal.aborted) log.warn({ error }, 'task stopped with an error')
        else log.error({ error }, 'task failed and stays failed until it is restarted')
      },
    )
  }
  if (!paused) begin()

  return {
    props,
    status() {
      const facts = waitsFor === undefined ? reported : { ...reported, waiting: waitsFor }
      if (stopping.signal.aborted) return { state: 'UNASSIGNED', facts }
      if (failure !== undefined) return { state: 'FAILED', trace: failure, facts }
      return { state: isPaused ? 'PAUSED' : 'RUNNING', facts }
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      if (!ended) begin()
    },
    async stop() {
      stopping.abort()
      const inTime = await within(
        deps.settings['task.shutdown.graceful.timeout.ms'],
        Promise.resolve(ended),
        deps.clock,
      )
      if (inTime) return
      isLeftBehind = true
      log.error({}, 'task did not stop in time and is left behind')
    },
  }
}
