import type { Clock } from '#api'

/** A wait that ends early when somebody has something to say. */
export interface Poke {
  /** Whether it was poked within that time, or the signal aborted. */
  waitFor(ms: number): Promise<boolean>
  poke(): void
}

export function createPoke(clock: Clock, signal: AbortSignal): Poke {
  let onPoke: (() => void) | undefined
  return {
    async waitFor(ms) {
      const timer = new AbortController()
      const poked = new Promise<boolean>((resolve) => {
        onPoke = () => resolve(true)
        signal.addEventListener('abort', onPoke, { once: true, signal: timer.signal })
      })
      try {
        return await Promise.race([poked, clock.sleep(ms, timer.signal).then(() => false)])
      } finally {
        onPoke = undefined
        timer.abort()
      }
    },
    poke: () => onPoke?.(),
  }
}
