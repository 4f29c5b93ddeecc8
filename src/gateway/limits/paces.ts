import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** How often each address may come, whether it stays or goes. */
export interface Paces {
  /** 0: it may, and it counts. Else after how many ms it may. */
  enter(address: string, now: number): number
}

/** Addresses that are remembered: those that came last. */
const maxAddresses = 10_000
/** An address may have all its connections opened anew twice at once, and once in this time (s); the least at once, and a second. */
const [renewedS, leastBurst, leastPerS] = [10, 10, 1]

/** `sessions`: how many connections an address may have; 0: no bound, and nothing is remembered. */
export function createPaces(sessions: number): Paces {
  const buckets = new Map<string, TokenBucket>()
  const [perS, burst] = [Math.max(leastPerS, sessions / renewedS), Math.max(leastBurst, 2 * sessions)]
  return {
    enter(address, now) {
      if (sessions === 0) return 0
      const bucket = buckets.get(address) ?? createTokenBucket(perS, burst, now)
      // Newest last, so that the oldest leave.
      buckets.delete(address)
      buckets.set(address, bucket)
      const [oldest] = buckets.keys()
      if (buckets.size > maxAddresses && oldest !== undefined) buckets.delete(oldest)
      if (bucket.level(now) < 1) return bucket.waitMs(1, now)
      bucket.take(1, now)
      return 0
    },
  }
}
