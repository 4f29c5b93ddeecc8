import type { Props, SinkConnector, SourceConnector } from '#api'
import { traceOf } from '#api'
import { aborted } from '../util/aborted.ts'
import { within } from '../util/within.ts'
import { runDoor } from './door-run.ts'
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
  /** `numbered` answers otherwise: the run looks at it soon. Without `handOver`, who had the numbered task makes no last commit. */
  renumbered(): void
  /** `numbered` answers false from now on: resolves when the last commit was made, or when the graceful time-out has passed. */
  handOver(): Promise<void>
  /** Resolves when the task has ended, or when the graceful time-out has passed and it was left behind. */
  stop(): Promise<void>
  /** Leaves the task behind at once: nothing that it still does shows outside. */
  abandon(): void
}

export interface TaskSpec {
  readonly plugin: SourceConnector | SinkConnector
  readonly connector: string
  readonly task: number
  /** As they were written; placeholders are replaced at each start. */
  readonly props: Props
  readonly paused: boolean
  /** Called once, soon after the task has failed; not while it is asked to stop. */
  readonly onFailure?: (error: unknown) => void
  /** Called when `status` may answer otherwise by the task's own doing; before `onFailure`. */
  readonly onChange?: () => void
  readonly exactlyOnce?: ExactlyOnceTask | undefined
  /** Of an `everyWorker` connector: whether this is its numbered task; asked again and again. */
  readonly numbered?: () => boolean
  /** Runs the door of a source with `lanes` instead of a task. */
  readonly isDoor?: boolean
}

/** Starts a task, or holds it until the first `resume` when it is created paused, as Kafka Connect does. */
export function startTask(spec: TaskSpec, deps: WorkerDeps): TaskHandle {
  const { plugin, connector, task, props, onFailure, onChange, exactlyOnce, numbered = () => true } = spec
  const stopping = new AbortController()
  const leftBehind = new AbortController()
  const plainLog = deps.log.child(spec.isDoor ? { connector } : { connector, task })
  const gracefulMs = deps.settings['task.shutdown.graceful.timeout.ms']
  let log = plainLog
  let redact: Redact = (text) => text
  let hasStarted = false
  let isPaused = spec.paused
  let reported: Facts = {}
  let waitsFor: string | undefined
  let failure: string | undefined
  let ended: Promise<void> | undefined
  let change = new AbortController()
  let acts = false
  let handingOver: (() => void)[] = []
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
        if (!spec.isDoor) deps.metrics.taskStartup(connector, true)
      },
      atStop: (work) => void atStop.push(work),
      report: (facts) => {
        reported = redactValue(facts, redact) as Facts
        onChange?.()
      },
      waiting: (reason) => {
        waitsFor = reason === undefined ? undefined : redact(reason)
        onChange?.()
      },
      exactlyOnce,
      numbered,
      actsNumbered: (is) => {
        acts = is
        if (!is) handedOver()
      },
      handsOver: () => handingOver.length > 0,
      changed: () => (stopping.signal.aborted ? stopping.signal : change.signal),
    }
    log.info({ class: plugin.name }, spec.isDoor ? 'door started' : 'task started')
    if (plugin.kind === 'sink') await runSink(plugin, run, deps)
    else await (spec.isDoor ? runDoor(plugin, run, deps) : runSource(plugin, run, deps))
  }

  function begin(): void {
    ended = live()
      .then(
        () => log.info({}, 'task stopped'),
        (error: unknown) => {
          failure = redact(traceOf(error))
          if (!hasStarted && !spec.isDoor) deps.metrics.taskStartup(connector, false)
          if (stopping.signal.aborted) return log.warn({ error }, 'task stopped with an error')
          log.error({ error }, 'task failed')
          onChange?.()
          onFailure?.(error)
        },
      )
      .finally(() => {
        acts = false
        handedOver()
      })
  }

  function handedOver(): void {
    for (const resolve of handingOver) resolve()
    handingOver = []
  }

  /** The run looks at what it is to do. */
  function ring(): void {
    const former = change
    change = new AbortController()
    former.abort()
  }

  function end(): void {
    stopping.abort()
    ring()
  }

  function finish(): void {
    for (const work of atStop.splice(0)) work()
  }

  if (!isPaused) begin()

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
      ring()
    },
    resume() {
      isPaused = false
      if (ended) ring()
      else begin()
    },
    renumbered: ring,
    async handOver() {
      if (!acts) return
      const done = new Promise<void>((resolve) => handingOver.push(resolve))
      ring()
      if (!(await within(gracefulMs, done, deps.clock)))
        log.warn({}, 'the last commit before the task moves took too long')
    },
    async stop() {
      end()
      const over = Promise.race([ended, aborted(leftBehind.signal)])
      const inTime = await within(gracefulMs, over, deps.clock)
      finish()
      if (inTime) return
      leftBehind.abort()
      log.error({}, 'task did not stop in time and is left behind')
    },
    abandon() {
      leftBehind.abort()
      end()
      finish()
    },
  }
}
