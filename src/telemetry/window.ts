/** Kafka's sampled figures: a few windows of time, the oldest of which is given up when a new one begins (`metrics.sample.window.ms`, `metrics.num.samples`). */
export interface Sampled {
  record(value: number): void
  /** The sum of what was recorded for each second of the windows at hand. */
  perSecond(): number
  /** Undefined when nothing was recorded within the windows. */
  average(): number | undefined
  max(): number | undefined
}

export interface SampleSettings {
  readonly now: () => number
  readonly windowMs: number
  readonly samples: number
}

interface Sample {
  startedAt: number
  sum: number
  count: number
  max: number
}

export function createSampled({ now, windowMs, samples }: SampleSettings): Sampled {
  const kept: Sample[] = []

  function current(): Sample {
    const at = now()
    while (kept[0] && kept[0].startedAt <= at - windowMs * samples) kept.shift()
    const last = kept.at(-1)
    if (last && at < last.startedAt + windowMs) return last
    const next = { startedAt: at, sum: 0, count: 0, max: Number.NEGATIVE_INFINITY }
    kept.push(next)
    return next
  }

  return {
    record(value) {
      const sample = current()
      sample.sum += value
      sample.count++
      if (value > sample.max) sample.max = value
    },
    perSecond() {
      current()
      const sum = kept.reduce((total, sample) => total + sample.sum, 0)
      // Kafka takes all windows but the running one as full, so that the first records make no peak.
      const elapsed = Math.max(now() - (kept[0]?.startedAt ?? now()), windowMs * (samples - 1), 1)
      return (sum * 1000) / elapsed
    },
    average() {
      current()
      const count = kept.reduce((total, sample) => total + sample.count, 0)
      return count === 0 ? undefined : kept.reduce((total, sample) => total + sample.sum, 0) / count
    },
    max() {
      current()
      const max = kept.reduce((most, sample) => Math.max(most, sample.max), Number.NEGATIVE_INFINITY)
      return Number.isFinite(max) ? max : undefined
    },
  }
}
