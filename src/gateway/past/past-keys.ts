import type { Clock } from '#api'
import type { Stream } from '../stream.ts'

export interface PastKey {
  readonly channel: string
  readonly key: string
}

/** The keys that a read-back has seen, where entries of snapshots vanish by themselves: what is no longer in the snapshot has vanished. */
export interface PastKeys {
  /** Answers what has vanished of the keys that were seen longest ago, when there are too many: it is told now and forgotten. */
  put(channel: string, key: string | undefined, data: string | undefined): readonly PastKey[]
  /** What has vanished of those that are remembered. */
  gone(): Iterable<PastKey>
  /** Whether what vanished can be told, all of it. */
  isWhole(): boolean
}

/** The most that is remembered beside what the snapshot may hold. */
const more = 10_000

export function createPastKeys({ attachment, channels, snapshot }: Stream, clock: Clock): PastKeys {
  const { expireMs, maxEntries } = attachment.snapshot
  const most = maxEntries + Math.min(maxEntries, more)
  /** The one seen longest ago first. */
  const seen = new Map<string, PastKey>()
  let isWhole = true
  const isGone = ({ channel, key }: PastKey): boolean => channels.get(channel)?.keys.has(key) !== true

  return {
    put(channel, key, data) {
      if (expireMs === 0 || key === undefined) return none
      const id = `${channel}\n${key}`
      seen.delete(id)
      if (data !== undefined) seen.set(id, { channel, key })
      if (seen.size <= most) return none
      const gone: PastKey[] = []
      // More than came: those that are there still do not fill it up.
      let looks = 2
      for (const [known, past] of seen) {
        if (looks-- === 0) break
        seen.delete(known)
        if (isGone(past)) gone.push(past)
        else seen.set(known, past)
      }
      // What is missing for want of space has not vanished.
      if (gone.length > 0 && !snapshot.isComplete(clock.now())) isWhole = false
      return isWhole ? gone : none
    },
    *gone() {
      for (const past of seen.values()) if (isGone(past)) yield past
    },
    isWhole: () => expireMs === 0 || (isWhole && snapshot.isComplete(clock.now())),
  }
}

const none: readonly PastKey[] = []
