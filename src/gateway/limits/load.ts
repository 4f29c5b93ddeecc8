import type { Logger } from '#api'
import type { LimitSettings } from '../settings.ts'
import type { Meter } from './meter.ts'

/** What is not done any more because there is too much to do: each step with those before it. */
const loadSteps = ['none', 'newcomers', 'expensive', 'connections'] as const

/** How far the shedding of load has come. */
export interface Load {
  /** Looks at the meter, about each second. */
  look(): void
  /** The index of a step. */
  level(): number
  /** Whether it has come to the last step and that has not helped yet. */
  isHopeless(): boolean
  /** How often it has begun. */
  begun(): number
}

/** How many looks in a row take it a step further, and back. */
const [further, back] = [2, 5]
/** What share of a limit counts as relief. */
const relief = 0.8
const heapMost = 0.9

/** One look alone changes nothing: the collector may have been at work, or one big batch. */
export function createLoad(limits: LimitSettings, meter: Meter, log: Logger): Load {
  let level = 0
  let begun = 0
  let [over, under] = [0, 0]
  let isOver = false
  const enter = (next: number, facts: object): void => {
    if (level === 0) begun++
    const step = loadSteps[next] ?? 'none'
    if (next > level) log.warn({ step, ...facts }, 'too much to do, load is shed')
    else log.info({ step, ...facts }, 'less to do, load is shed no further')
    level = next
    over = 0
    under = 0
  }
  return {
    look() {
      const facts = {
        eventLoopDelayMs: Math.round(meter.eventLoopDelayMs()),
        memoryBytes: meter.memoryBytes(),
        heapShare: Math.round(meter.heapShare() * 100) / 100,
      }
      const pressure = Math.max(
        limits.eventLoopDelayMs === 0 ? 0 : facts.eventLoopDelayMs / limits.eventLoopDelayMs,
        limits.memoryBytes === 0 ? 0 : facts.memoryBytes / limits.memoryBytes,
        facts.heapShare / heapMost,
      )
      isOver = pressure >= 1
      over = isOver ? over + 1 : 0
      under = pressure < relief ? under + 1 : 0
      if (over >= further && level < loadSteps.length - 1) enter(level + 1, facts)
      else if (under >= back && level > 0) enter(level - 1, facts)
    },
    level: () => level,
    isHopeless: () => level === loadSteps.length - 1 && isOver,
    begun: () => begun,
  }
}
