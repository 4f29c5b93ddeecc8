import type { Clock } from '#api'
import { LinkError } from './link-error.ts'

/**
 * The producers that are connected to one gate. While its link is away they stay: the gate keeps its clients, and says who they are when it
 * is back. Those that it does not name until then are gone.
 */
export interface ProducerSessions {
  /** Whether the source has to hear of it; one that was only out of sight stays what it was. Throws `LinkError` beyond the bound. */
  connected(session: string): boolean
  disconnected(session: string): void
  /** The link ended. */
  away(): void
}

/** How long (ms) a gate may be away before its producers count as gone. */
const graceMs = 60_000
/** Producers of one gate, and those of all that are out of sight: more than a gate has connections. */
const maxSessions = 100_000

/** Sessions of all links of a worker that are out of sight, with what ends the wait for them. */
export type OutOfSight = Map<string, AbortController>

export function createProducerSessions(
  clock: Clock,
  outOfSight: OutOfSight,
  gone: (session: string) => void,
): ProducerSessions {
  const sessions = new Set<string>()
  const wait = async (session: string): Promise<void> => {
    const back = new AbortController()
    outOfSight.set(session, back)
    await clock.sleep(graceMs, back.signal)
    if (back.signal.aborted) return
    outOfSight.delete(session)
    gone(session)
  }
  return {
    connected(session) {
      if (sessions.size >= maxSessions)
        throw new LinkError(`A gate has more than ${maxSessions} producers, which is more than a worker remembers.`)
      sessions.add(session)
      const back = outOfSight.get(session)
      back?.abort()
      return !outOfSight.delete(session)
    },
    disconnected(session) {
      if (sessions.delete(session)) gone(session)
    },
    away() {
      for (const session of sessions) {
        if (outOfSight.size < maxSessions) void wait(session)
        else gone(session)
      }
      sessions.clear()
    },
  }
}
