/** Times (ms) by tenths, up to a minute. */
export interface Latencies {
  add(ms: number): void
  /** NaN without any. */
  percentile(share: number): number
  clear(): void
}

const tenths = 600_000

export function createLatencies(): Latencies {
  const counts = new Uint32Array(tenths)
  let total = 0
  return {
    add(ms) {
      const place = Math.min(tenths - 1, Math.max(0, Math.round(ms * 10)))
      counts[place] = (counts[place] ?? 0) + 1
      total++
    },
    percentile(share) {
      let left = Math.ceil(total * share)
      for (const [place, count] of counts.entries()) {
        left -= count
        if (count > 0 && left <= 0) return place / 10
      }
      return Number.NaN
    },
    clear() {
      counts.fill(0)
      total = 0
    },
  }
}
