import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** How much the process has to do. */
export interface Meter {
  /** How late (ms) the event loop was in nine of ten cases since the last look. */
  eventLoopDelayMs(): number
  /** Resident memory. */
  memoryBytes(): number
  /** Of what the heap may have, from 0 to 1. */
  heapShare(): number
  stop(): void
}

/** Milliseconds between two looks at the event loop. */
const resolution = 20

export function startMeter(): Meter {
  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  return {
    eventLoopDelayMs() {
      const late = delays.percentile(90) / 1e6 - resolution
      delays.reset()
      return Math.max(0, late)
    },
    memoryBytes: () => process.memoryUsage.rss(),
    heapShare() {
      const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics()
      return used / most
    },
    stop: () => void delays.disable(),
  }
}
