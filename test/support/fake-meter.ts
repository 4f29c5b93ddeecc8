import type { Meter } from '../../src/gateway/limits/meter.ts'

/** What a fake meter tells. */
export interface Meters {
  eventLoopDelayMs: number
  memoryBytes: number
  heapShare: number
}

export const fakeMeter = (load: Meters): Meter => ({
  eventLoopDelayMs: () => load.eventLoopDelayMs,
  memoryBytes: () => load.memoryBytes,
  heapShare: () => load.heapShare,
  stop: () => undefined,
})
