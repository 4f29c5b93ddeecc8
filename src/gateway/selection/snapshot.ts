import type { SnapshotLimits } from '#api'
import type { ChannelState } from '../channel-state.ts'

/** The last value of each key of a stream's channels, within bounds. */
export interface Snapshot {
  /** Undefined data removes the key. `at` (ms) is when it was updated; `partition` the index of its record's partition. */
  put(channel: ChannelState, key: string, data: string | undefined, at: number, partition: number, seq: number): void
  /** Removes what came from these partitions: their records are no more. */
  forget(partitions: ReadonlySet<number>): void
  /** Removes what was not updated for `expireMs` and says what that was. */
  expire(now: number): readonly { readonly channel: ChannelState; readonly key: string }[]
  /** Whether nothing is missing for want of space. */
  isComplete(now: number): boolean
  /** After a warm-up, in which entries came in another order than that of their times. */
  sortByAge(): void
  entries(): number
  bytes(): number
}

/** A link of the list that runs from the entry updated longest ago to the newest. */
export interface SnapshotEntry {
  readonly channel: ChannelState
  readonly key: string
  data: string
  at: number
  partition: number
  /** Not beyond the sequence number of its message, and beyond every former one. */
  seq: number
  former: SnapshotEntry | undefined
  next: SnapshotEntry | undefined
}

/** What an entry costs beside its texts. */
const overhead = 160

const sizeOf = ({ key, data }: SnapshotEntry): number => overhead + key.length + data.length

export function createSnapshot(limits: SnapshotLimits): Snapshot {
  let oldest: SnapshotEntry | undefined
  let newest: SnapshotEntry | undefined
  let entries = 0
  let bytes = 0
  /** When an entry found no room last. */
  let overflowedAt: number | undefined

  const append = (entry: SnapshotEntry): void => {
    entry.former = newest
    entry.next = undefined
    if (newest) newest.next = entry
    else oldest = entry
    newest = entry
    entries++
    bytes += sizeOf(entry)
    entry.channel.keys.set(entry.key, entry)
  }
  const unlink = (entry: SnapshotEntry): void => {
    if (entry.former) entry.former.next = entry.next
    else oldest = entry.next
    if (entry.next) entry.next.former = entry.former
    else newest = entry.former
    entries--
    bytes -= sizeOf(entry)
  }

  return {
    put(channel, key, data, at, partition, seq) {
      const known = channel.keys.get(key)
      if (known) unlink(known)
      if (data === undefined) {
        channel.keys.delete(key)
        return
      }
      const entry = known ?? { channel, key, data, at, partition, seq, former: undefined, next: undefined }
      entry.data = data
      entry.at = at
      entry.partition = partition
      entry.seq = seq
      if (entries < limits.maxEntries && bytes + sizeOf(entry) <= limits.maxBytes) return append(entry)
      channel.keys.delete(key)
      overflowedAt = Math.max(at, overflowedAt ?? at)
    },
    expire(now) {
      const expired: { channel: ChannelState; key: string }[] = []
      if (limits.expireMs === 0) return expired
      for (let entry = oldest; entry && entry.at + limits.expireMs <= now; entry = oldest) {
        unlink(entry)
        entry.channel.keys.delete(entry.key)
        expired.push({ channel: entry.channel, key: entry.key })
      }
      return expired
    },
    forget(partitions) {
      let entry = oldest
      while (entry) {
        const { next } = entry
        if (partitions.has(entry.partition)) {
          unlink(entry)
          entry.channel.keys.delete(entry.key)
        }
        entry = next
      }
      if (entries === 0) overflowedAt = undefined
    },
    // What found no room would have expired by then.
    isComplete: (now) => overflowedAt === undefined || (limits.expireMs > 0 && overflowedAt + limits.expireMs <= now),
    sortByAge() {
      const all: SnapshotEntry[] = []
      for (let entry = oldest; entry; entry = entry.next) all.push(entry)
      for (const entry of all) unlink(entry)
      for (const entry of all.toSorted((a, b) => a.at - b.at)) append(entry)
    },
    entries: () => entries,
    bytes: () => bytes,
  }
}
