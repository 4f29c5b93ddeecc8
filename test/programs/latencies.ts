/** Times (ms) in buckets that grow by a twentieth: as many as are put in, in the memory of a few hundred numbers. */
export interface Latencies {
  add(ms: number): void
  /** Counts by bucket, and all forgotten. */
  take(): Buckets
}

export type Buckets = readonly number[]

const growth = Math.log(1.05)
/** The last is of more than four hours. */
const most = 340

export function countLatencies(): Latencies {
  const buckets = new Float64Array(most + 1)
  return {
    add(ms) {
      const bucket = Math.min(most, Math.ceil(Math.log(Math.max(ms, 1)) / growth))
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    },
    take() {
      const taken = [...buckets]
      buckets.fill(0)
      return taken
    },
  }
}

export const addBuckets = (a: Buckets, b: Buckets): Buckets =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, place) => (a[place] ?? 0) + (b[place] ?? 0))

/** The time (ms) under which this part of all lies, such as 0.99. */
export function quantile(buckets: Buckets, part: number): number {
  const all = buckets.reduce((sum, count) => sum + count, 0)
  if (all === 0) return 0
  let left = all * part
  for (const [bucket, count] of buckets.entries()) {
    left -= count
    if (left <= 0) return Math.round(Math.exp(bucket * growth))
  }
  return 0
}
