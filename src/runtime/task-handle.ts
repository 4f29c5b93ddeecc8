import type { Props, SinkConnector, SourceConnector } from '#api'
import { traceOf } from '#api'
import { within } from '../util/within.ts'
import { type Redact, redactLog, redactValue } from './redact.ts'
import { redactFor } from './secret-values.ts'
import { runSink } from './sink-run.ts'
import { runSource } from './source-run.ts'
import type { ExactlyOnceTask, Facts, TaskRun, WorkerDeps } from './task-run.ts'

export interface TaskStatus {
  readonly state: 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'FAILED'
  readonly trace?: string
  readonly facts: Facts
}

/** A task on this worker. It fails alone, and says so by `onFailure`: whether it is made anew is not its affair. */
export interface TaskHandle {
  /** As it was written, placeholders included. */
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
  /** As they were written; placeholders are replaced at each start. */
  readonly props: Props
  readonly paused: boolean
  /** Called once, soon after the task has failed; not while it is asked to stop. */
  readonly onFailure?: () => void
  readonly exactlyOnce?: ExactlyOnceTask | undefined
  /** Of an `everyWorker` connector: whether this is its numbered task; asked again and again. */
  readonly numbered?: () => boolean
}

/** Starts a task, or holds it until the first `resume` when it is created paused, as Kafka Connect does. */
export function startTask(
  { plugin, connector, task, props, paused, onFailure, exactlyOnce, numbered = () => true }: TaskSpec,
  deps: WorkerDeps,
): TaskHandle {
  const stopping = new AbortController()
  const leftBehind = new AbortController()
  const plainLog = deps.log.child({ connector, task })
  let log = plainLog
  let redact: Redact = (text) => text
  let hasStarted = false
  let isPaused = paused
  let reported: Facts = {}
  let waitsFor: string | undefined
  let failure: string | undefined
  let ended: Promise<void> | undefined
  const atStop: (() => void)[] = []

  async function live(): Promise<void> {
    const config = await deps.resolver.resolve(props)
    redact = redactFor(plugin, config, deps)
    log = redactLog(plainLog, redact)
    if (stopping.signal.aborted) return
    const run: TaskRun = {
      connector,
      task,
      props: config.props,
      log,
      signal: stopping.signal,
      paused: () => isPaused,
      cancelled: () => leftBehind.signal.aborted,
      abandoned: leftBehind.signal,
      started: () => {
        hasStarted = true
        deps.metrics.taskStartup(connector, true)
      },
      atStop: (work) => void atStop.push(work),
      report: (facts) => {
        reported = redactValue(facts, redact) as Facts
      },
      waiting: (reason) => {
        waitsFor = reason === undefined ? undefined : redact(reason)
      },
      exactlyOnce,
      numbered,
    }
    log.info({ class: plugin.name }, 'task started')
    await (plugin.kind === 'sink' ? runSink(plugin, run, deps) : runSource(plugin, run, deps))
  }

  function begin(): void {
    ended = live().then(
      () => log.info({}, 'task stopped'),
      (error: unknown) => {
        failure = redact(traceOf(error))
        if (!hasStarted) deps.metrics.taskStartup(connector, false)
        if (stopping.signal.aborted) return log.warn({ error }, 'task stopped with an error')
        log.error({ error }, 'task failed')
        onFailure?.()
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
      for (const work of atStop.splice(0)) work()
      if (inTime) return
      leftBehind.abort()
      log.error({}, 'task did not stop in time and is left behind')
    },
  }
}
