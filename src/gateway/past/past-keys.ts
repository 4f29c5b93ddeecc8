import type { SnapshotLimits } from '#api'

/** The keys that a read-back has seen of each channel, where entries of snapshots vanish by themselves. */
export interface PastKeys {
  put(channel: string, key: string | undefined, data: string | undefined): void
  /** Channels with the keys that were there last. */
  all(): ReadonlyMap<string, ReadonlySet<string>>
  /** There were more than are remembered: what vanished cannot be told. */
  isWhole(): boolean
}

export function createPastKeys({ expireMs, maxEntries }: SnapshotLimits): PastKeys {
  const seen = new Map<string, Set<string>>()
  let count = 0
  let isWhole = true
  return {
    put(channel, key, data) {
      if (expireMs === 0 || key === undefined) return
      const keys = seen.get(channel) ?? new Set()
      const before = keys.size
      if (data === undefined) keys.delete(key)
      else if (keys.has(key) || count < maxEntries) keys.add(key)
      else isWhole = false
      count += keys.size - before
      if (keys.size > 0) seen.set(channel, keys)
      else seen.delete(channel)
    },
    all: () => seen,
    isWhole: () => isWhole,
  }
}
