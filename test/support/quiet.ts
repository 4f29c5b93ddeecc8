import type { Clock, Logger } from '#api'

/** A log that keeps its lines for a test to look at. */
export function recordingLog(): Logger & { readonly lines: { level: string; message: string; fields: object }[] } {
  const lines: { level: string; message: string; fields: object }[] = []
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields })
  }
  const log = { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log }
  return log
}

export const quietLog: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quietLog }

/** A clock that a test moves by hand; sleepers wake in order. */
export function manualClock(start = 1_000_000): Clock & { advance(ms: number): Promise<void> } {
  let now = start
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const end = () => {
          sleepers = sleepers.filter((each) => each !== sleeper)
          signal?.removeEventListener('abort', end)
          resolve()
        }
        const sleeper = { at: now + ms, wake: end }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', end)
      }),
    async advance(ms) {
      const end = now + ms
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        now = next.at
        sleepers = sleepers.filter((each) => each !== next)
        next.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      now = end
    },
  }
}
