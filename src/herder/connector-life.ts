import type { Logger } from '#api'
import {
  type AutoRestart,
  type ConnectorRun,
  createAutoRestart,
  type RestartStatus,
  TooManyTasksError,
  type WorkerDeps,
} from '../runtime/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { type ConnectorInstance, openInstance } from './connector-instance.ts'
import { lenientRestart } from './connector-props.ts'
import type { ConnectorState, TargetState } from './herder.ts'
import type { InTurn } from './serialize.ts'
import { watchValues } from './watch-values.ts'

type RawConfig = Readonly<Record<string, string>>

/** As in Kafka Connect. */
const taskConfigsBackoff = { initialMs: 250, maxMs: 60_000 }

/** What a connector has made for its tasks. */
export interface MadeTasks {
  readonly run: ConnectorRun
  readonly configs: readonly RawConfig[]
  /** They could not be given to the tasks after all: it is tried again, unless something newer was. */
  failed(error: unknown): void
}

/**
 * The connector itself on this worker, in both modes: its instance, its watch on configuration providers, its tries to make task
 * configurations, its restarts by itself. Calls come in the connector's turn, but for those that only look and `end`.
 */
export interface ConnectorLife {
  raw(): RawConfig
  target(): TargetState
  instance(): ConnectorInstance
  /** What its status says. */
  state(): { readonly state: ConnectorState; readonly trace?: string; readonly version: string | null }
  restarts(): RestartStatus | undefined
  /** Gives it another configuration, or the same once more. */
  configure(raw: RawConfig): Promise<void>
  /** From now on this is what it is to do; `reach` does it. */
  aim(target: TargetState): void
  reach(): Promise<void>
  /** A person asks. True when the tasks begin anew. */
  restart(): Promise<boolean>
  /** True when the tasks begin anew. */
  updateTasks(): Promise<boolean>
  end(): void
}

export interface LifeOptions {
  readonly name: string
  readonly raw: RawConfig
  readonly target: TargetState
  readonly deps: WorkerDeps
  readonly log: Logger
  readonly inTurn: InTurn
  /** True when the tasks begin anew with what was made. A throw is tried again with a back-off. */
  giveTasks(made: MadeTasks): Promise<boolean>
  /** `state` may answer otherwise. */
  changed?(): void
}

/** Makes its instance; the tasks are the first `updateTasks`' affair. Never rejects. */
export async function startLife(options: LifeOptions): Promise<ConnectorLife> {
  const { name, deps, log, inTurn, changed = () => undefined } = options
  let { raw, target } = options
  let hasEnded = false
  /** Of this instance: its watch on providers, its tries to make task configurations. */
  let life = new AbortController()
  let restarts: AutoRestart | undefined
  /** The newest try to make task configurations. */
  let attempted = new AbortController()
  const isStarted = () => target === 'STARTED' && !hasEnded
  let instance = await open()

  async function open(): Promise<ConnectorInstance> {
    life.abort()
    attempted.abort()
    life = new AbortController()
    const { signal } = life
    const made = await openInstance({ raw, target, deps, log })
    if (target === 'STARTED') deps.metrics.connectorStartup(name, made.state() === 'STARTED')
    watch(made, signal)
    if (made.state() === 'FAILED' && isStarted()) autoRestart(made).failed()
    return made
  }

  /** Runs in its turn, unless the instance that asked is gone by then. */
  function later(work: () => Promise<void>, signal: AbortSignal): void {
    void inTurn(async () => {
      if (!signal.aborted && !hasEnded) await work()
    }).catch((error: unknown) => log.error({ error }, 'connector could not be brought up to date'))
  }

  function watch({ run }: ConnectorInstance, signal: AbortSignal): void {
    if (!run) return
    const { resolved, redact } = run
    watchValues({
      raw,
      resolved,
      resolver: deps.resolver,
      redact,
      log,
      signal,
      later: (work) => later(work, signal),
      async renew() {
        log.info({}, 'a value of a configuration provider has changed, so the connector restarts')
        await reopen()
      },
    })
  }

  async function reopen(): Promise<void> {
    instance = await open()
    await updateTasks()
    changed()
  }

  /** Its own count, of failed starts; a connector that could not be made says itself how it restarts, as far as it can be read. */
  function autoRestart(made: ConnectorInstance): AutoRestart {
    restarts ??= createAutoRestart({
      config: made.run?.restart ?? lenientRestart(raw),
      clock: deps.clock,
      restart: () => later(async () => (instance.state() === 'FAILED' ? reopen() : undefined), life.signal),
    })
    return restarts
  }

  async function updateTasks(attempt = 0): Promise<boolean> {
    attempted.abort()
    attempted = new AbortController()
    const { signal } = attempted
    const { run } = instance
    if (!run || instance.state() !== 'STARTED' || !isStarted()) return false
    const failed = (error: unknown): void => {
      if (signal.aborted) return
      const delay = backoffDelay(attempt, taskConfigsBackoff)
      log.error({ error, retryMs: delay }, 'connector failed to make its task configurations, which is tried again')
      void tryAgain(delay, attempt + 1, signal)
    }
    try {
      return await options.giveTasks({ run, configs: instance.taskConfigs(), failed })
    } catch (error) {
      if (error instanceof TooManyTasksError) changed()
      else failed(error)
      return false
    }
  }

  async function tryAgain(delay: number, attempt: number, signal: AbortSignal): Promise<void> {
    await deps.clock.sleep(delay, signal)
    later(async () => void (await updateTasks(attempt)), signal)
  }

  return {
    raw: () => raw,
    target: () => target,
    instance: () => instance,
    state() {
      const { version, trace } = instance
      const shown: ConnectorState = instance.state() === 'STARTED' ? 'RUNNING' : (instance.state() as ConnectorState)
      const exhausted = restarts?.status().exhausted
      const why = exhausted === undefined ? trace : `${trace}\nThe connector was ${exhausted}.`
      return { state: shown, ...(trace !== undefined && why !== undefined && { trace: why }), version }
    },
    restarts: () => restarts?.status(),
    async configure(next) {
      restarts?.cancel()
      restarts = undefined
      raw = next
      await reopen()
    },
    aim(next) {
      target = next
      if (next !== 'STARTED') restarts?.cancel()
    },
    async reach() {
      // What could not be made at all is made anew when it is resumed after a stop.
      if (target === 'STARTED' && !instance.run && instance.state() !== 'FAILED') instance = await open()
      else instance.transition(target)
      if (target === 'STARTED') {
        if (instance.state() === 'FAILED' && restarts?.status().nextAt === null) restarts.failed()
        await updateTasks()
      }
      changed()
    },
    async restart() {
      restarts?.reset()
      instance = await open()
      const isRenewed = await updateTasks()
      changed()
      return isRenewed
    },
    updateTasks: () => updateTasks(),
    end() {
      hasEnded = true
      life.abort()
      attempted.abort()
      restarts?.cancel()
    },
  }
}
