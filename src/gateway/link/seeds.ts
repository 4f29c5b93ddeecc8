import type { Publication, SnapshotLimits, TopicPartition } from '#api'

/** Of each key the last message that left the relay's log, for the snapshots of gates that come later. */
export interface Seeds {
  put(publications: readonly Publication[]): void
  forget(partitions: readonly TopicPartition[]): void
  /** Forgets what no snapshot held any more at that time (ms); whether there was any. */
  expire(at: number): boolean
  all(): Iterable<Publication>
}

/** What an entry costs beside its texts, as in a gate's snapshot. */
const overhead = 160

export function createSeeds({ expireMs, maxBytes, maxEntries }: SnapshotLimits): Seeds {
  const held = new Map<string, Publication>()
  let bytes = 0
  const nameOf = (channel: string, key: string): string => `${channel.length} ${channel}${key}`
  const sizeOf = ({ key = '', data = '' }: Publication): number => overhead + key.length + data.length
  const remove = (name: string): void => {
    const known = held.get(name)
    if (!known) return
    held.delete(name)
    bytes -= sizeOf(known)
  }
  return {
    put(publications) {
      for (const publication of publications) {
        const { channel, key, data } = publication
        if (key === undefined) continue
        const name = nameOf(channel, key)
        remove(name)
        // One beyond the bounds is kept, so that a gate's snapshot finds out that it is not whole.
        if (data === undefined || held.size > maxEntries || bytes > maxBytes) continue
        held.set(name, publication)
        bytes += sizeOf(publication)
      }
    },
    forget(partitions) {
      for (const [name, { origin }] of held)
        if (partitions.some(({ topic, partition }) => topic === origin.topic && partition === origin.partition))
          remove(name)
    },
    expire(at) {
      const before = held.size
      if (expireMs === 0) return false
      for (const [name, { origin }] of held) {
        // Put again when they are updated, so that the oldest come first.
        if (origin.timestamp + expireMs > at) break
        remove(name)
      }
      return held.size < before
    },
    all: () => held.values(),
  }
}
