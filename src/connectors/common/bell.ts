import type { Clock } from '#api'

/** Wakes what waits for something to change. */
export interface Bell {
  readonly ring: () => void
  /** Resolves at the next ring, after `ms`, or when `signal` aborts. Look at what you wait for before you call it, without a pause between. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export function createBell(clock: Clock): Bell {
  let waiting: AbortController | undefined
  const ring = () => {
    waiting?.abort()
    waiting = undefined
  }
  return {
    ring,
    async wait(ms, signal) {
      if (signal.aborted || ms <= 0) return
      waiting ??= new AbortController()
      signal.addEventListener('abort', ring, { once: true })
      await clock.sleep(ms, waiting.signal)
      signal.removeEventListener('abort', ring)
    },
  }
}
