import type { SnapshotItem } from './frames.ts'
import { isPattern } from './pattern.ts'

/** The last value of each key: by key, of a pattern by channel and key with a space between. */
export interface KeyedState {
  readonly entries: ReadonlyMap<string, SnapshotItem>
  replace(items: readonly SnapshotItem[]): void
  /** False when there are more than `most`. */
  put(item: SnapshotItem): boolean
  remove(channel: string, key: string): void
}

export function createState(channel: string, most: number): KeyedState {
  const entries = new Map<string, SnapshotItem>()
  const named = isPattern(channel)
  const nameOf = (from: string, key: string): string => (named ? `${from} ${key}` : key)
  return {
    entries,
    replace(items) {
      entries.clear()
      for (const item of items) entries.set(nameOf(item.channel, item.key), item)
    },
    put(item) {
      entries.set(nameOf(item.channel, item.key), item)
      return entries.size <= most
    },
    remove: (from, key) => void entries.delete(nameOf(from, key)),
  }
}
