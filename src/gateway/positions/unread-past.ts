/**
 * What a stream cannot know to have vanished from snapshots: entries whose records lie before where it began to read. A
 * client of another worker may show them still.
 */
export interface UnreadPast {
  /** A partition begins; `timestampBefore` (ms) is of the last record that is not read, when Kafka still had it. */
  begins(index: number, offset: number, timestampBefore: number | undefined): void
  /** The first record read of a partition is no older than those before it. */
  read(index: number, timestamp: number): void
  /** All that was there at that time (ms), and later, was told otherwise. */
  told(vanishedAt: number): void
  /** The warm-up is over: of a partition without records nothing is known. */
  end(now: number): void
  /** Positions issued before this time (ms) are from when such an entry may have been shown. */
  vanishedAt(): number
}

export function createUnreadPast(expireMs: number): UnreadPast {
  const unknown = new Set<number>()
  let vanishedAt = 0
  const learn = (timestamp: number): void => {
    vanishedAt = Math.max(vanishedAt, timestamp + expireMs)
  }
  return {
    begins(index, offset, timestampBefore) {
      if (expireMs === 0 || offset === 0) return
      if (timestampBefore === undefined) unknown.add(index)
      else learn(timestampBefore)
    },
    read(index, timestamp) {
      if (unknown.size > 0 && unknown.delete(index)) learn(timestamp)
    },
    told(at) {
      unknown.clear()
      vanishedAt = at
    },
    end(now) {
      if (unknown.size > 0) learn(now)
      unknown.clear()
    },
    vanishedAt: () => vanishedAt,
  }
}
