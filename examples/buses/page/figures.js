// Arithmetic of the live figures. Knows no document; times are milliseconds of one clock.

/** Sums over the seconds before now. `length`: how many are kept. */
export function createRate(length = 60) {
  /** @type {Map<number, number>} */
  let seconds = new Map()
  let since = Number.NaN
  return {
    add(now, amount = 1) {
      const second = Math.floor(now / 1000)
      if (Number.isNaN(since)) since = now
      seconds.set(second, (seconds.get(second) ?? 0) + amount)
      if (seconds.size > length + 5) seconds.delete(seconds.keys().next().value)
    },
    /** The mean of each second, over the last few whole ones since the last reset. */
    perSecond(now, span = 5) {
      const current = Math.floor(now / 1000)
      const whole = Math.min(span, current - Math.ceil(since / 1000))
      if (!(whole > 0)) return undefined
      let sum = 0
      for (let back = 1; back <= whole; back++) sum += seconds.get(current - back) ?? 0
      return sum / whole
    },
    /** The sums of the last `length` whole seconds, oldest first. */
    history(now) {
      const current = Math.floor(now / 1000)
      return Array.from({ length }, (_, index) => seconds.get(current - length + index) ?? 0)
    },
    reset(now) {
      seconds = new Map()
      since = now
    },
  }
}

/** Durations of the last minute, `limit` at most. */
export function createDurations(windowMs = 60_000, limit = 20_000) {
  /** @type {{ at: number, ms: number }[]} */
  let samples = []
  return {
    add(now, ms) {
      samples.push({ at: now, ms })
      if (samples.length > limit * 1.1) samples = samples.slice(-limit)
    },
    /** @param {number[]} shares such as 0.5 and 0.99 */
    percentiles(now, shares) {
      samples = samples.filter(({ at }) => now - at <= windowMs)
      const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b)
      return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))])
    },
    get size() {
      return samples.length
    },
  }
}

/**
 * Pairs what the raw feed showed first with what came through Kafka: the time between the two is the latency.
 * A place that a bus keeps is not new, and neither is one that was paired already.
 * @param {(now: number, ms: number) => void} onLatency
 */
export function createPairs(onLatency, perBus = 16) {
  /** @type {Map<string, { last?: string, seen: Map<string, number>, early?: { key: string, at: number } }>} */
  const buses = new Map()
  const of = (id) => {
    const known = buses.get(id)
    if (known) return known
    const fresh = { seen: new Map() }
    buses.set(id, fresh)
    return fresh
  }
  return {
    /** The raw feed shows a bus. */
    shown(id, lat, long, now) {
      const bus = of(id)
      const key = `${lat} ${long}`
      if (bus.last === key) return
      bus.last = key
      if (bus.early?.key === key) {
        onLatency(now, 0)
        bus.early = undefined
        return
      }
      bus.seen.set(key, now)
      if (bus.seen.size > perBus) bus.seen.delete(bus.seen.keys().next().value)
    },
    /** The same bus comes through Kafka. */
    arrived(id, lat, long, now) {
      const bus = of(id)
      const key = `${lat} ${long}`
      const since = bus.seen.get(key)
      if (since !== undefined) {
        bus.seen.delete(key)
        onLatency(now, now - since)
      } else if (key !== bus.last) bus.early = { key, at: now }
    },
    /** Another subscription begins: what was shown and never asked for must not count as late. */
    restart() {
      for (const bus of buses.values()) bus.seen.clear()
    },
    /** The spectator was away: what it did not see cannot be paired. */
    forget: () => buses.clear(),
  }
}

const encoder = new TextEncoder()

/** The bytes of a text on the wire. */
export const bytesOf = (/** @type {string} */ text) => encoder.encode(text).length

export function formatBytes(/** @type {number | undefined} */ bytes) {
  if (bytes === undefined) return '–'
  if (bytes < 1000) return `${Math.round(bytes)} B`
  if (bytes < 10_000) return `${(bytes / 1000).toFixed(2)} kB`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

export const formatMs = (/** @type {number | undefined} */ ms) =>
  ms === undefined ? '–' : ms < 1 ? '<1 ms' : ms < 9999 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
