import { atLeast, type Clock, type ConfigOf, defineConfig } from '#api'
import { backoffDelay } from '../util/backoff.ts'

const group = 'Restart'

/** Ours beside Kafka Connect's `errors.*`: what failed restarts by itself. The framework's keys include these. */
export const restartConfig = defineConfig({
  'errors.restart.enable': {
    type: 'boolean',
    importance: 'medium',
    group,
    default: false,
    doc: 'Whether a task that failed, or a connector that could not start, is restarted by itself.',
  },
  'errors.restart.max': {
    type: 'int',
    importance: 'medium',
    group,
    default: 7,
    validator: atLeast(1),
    doc: 'The most restarts of a task, or of the connector, within `errors.restart.window.ms`; after them it stays failed.',
  },
  'errors.restart.window.ms': {
    type: 'long',
    importance: 'low',
    group,
    default: 3_600_000,
    validator: atLeast(1),
    doc: 'How long (ms) a restart counts.',
  },
  'errors.restart.backoff.ms': {
    type: 'long',
    importance: 'low',
    group,
    default: 1000,
    validator: atLeast(1),
    doc: 'The wait (ms) before the first restart; each further one within the window waits twice as long, less up to a fifth by chance.',
  },
  'errors.restart.backoff.max.ms': {
    type: 'long',
    importance: 'low',
    group,
    default: 300_000,
    validator: atLeast(1),
    doc: 'The longest wait (ms) before a restart.',
  },
})

export type RestartConfig = ConfigOf<typeof restartConfig>

/** The restarts of one task, or of one connector. */
export interface AutoRestart {
  /** It failed: `restart` is called after the back-off, unless it was cancelled or there were too many. */
  failed(): void
  /** Forgets a restart that is due; what it counted stays. */
  cancel(): void
  /** A person has restarted it: the count begins anew. */
  reset(): void
  status(): RestartStatus
}

export interface RestartStatus {
  /** Restarts within the window. */
  readonly count: number
  /** When the next is due (ms since the epoch). */
  readonly nextAt: number | null
  /** Why there is no further one; undefined while there may be. */
  readonly exhausted?: string
}

export interface AutoRestartOptions {
  readonly config: RestartConfig
  readonly clock: Clock
  readonly restart: () => void
  readonly random?: () => number
}

export function createAutoRestart({ config, clock, restart, random }: AutoRestartOptions): AutoRestart {
  const max = config['errors.restart.max']
  const windowMs = config['errors.restart.window.ms']
  const backoff = {
    initialMs: config['errors.restart.backoff.ms'],
    maxMs: config['errors.restart.backoff.max.ms'],
    jitter: 0.2,
    ...(random && { random }),
  }
  /** When it restarted, at most `max` of them. */
  let past: number[] = []
  let due: { readonly at: number; readonly timer: AbortController } | undefined
  let exhausted: string | undefined

  const recent = () => past.filter((at) => at > clock.now() - windowMs)

  function cancel(): void {
    due?.timer.abort()
    due = undefined
  }

  async function wait(ms: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(ms, signal)
    if (signal.aborted) return
    due = undefined
    past.push(clock.now())
    restart()
  }

  return {
    failed() {
      cancel()
      exhausted = undefined
      if (!config['errors.restart.enable']) return
      past = recent()
      if (past.length >= max) {
        exhausted = `restarted ${past.length} times in ${windowMs} ms, which is errors.restart.max, and not again`
        return
      }
      const delay = backoffDelay(past.length, backoff)
      const timer = new AbortController()
      due = { at: clock.now() + delay, timer }
      void wait(delay, timer.signal)
    },
    cancel,
    reset() {
      cancel()
      past = []
      exhausted = undefined
    },
    status: () => ({
      count: recent().length,
      nextAt: due?.at ?? null,
      ...(exhausted !== undefined && { exhausted }),
    }),
  }
}
