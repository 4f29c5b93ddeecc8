import type { Clock } from '#api'
import { LinkError } from './link-error.ts'

/**
 * The producers that are connected to one gate. A client that goes to another gate has another session there, so that a session is one
 * gate's for as long as it lasts: what another says of it is passed over. While its link is away they stay: the gate keeps its clients, and says who they are when it
 * is back. Those that it does not name until then are gone.
 */
export interface ProducerSessions {
  /** Whether the session is that of a producer of another gate. */
  isElsewhere(session: string): boolean
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

/** The producers of all links of a worker. */
export interface KnownProducers {
  /** By session the name of its gate, under which it is known again when its link is back. */
  readonly gates: Map<string, string>
  /** Those that are out of sight, with what ends the wait for them. */
  readonly outOfSight: Map<string, AbortController>
}

export const createKnownProducers = (): KnownProducers => ({ gates: new Map(), outOfSight: new Map() })

export interface ProducerSessionsOptions {
  /** The gate's name, the same whenever it is linked. */
  readonly gate: string
  readonly known: KnownProducers
  readonly clock: Clock
  gone(session: string): void
}

export function createProducerSessions({ gate, known, clock, gone }: ProducerSessionsOptions): ProducerSessions {
  const { gates, outOfSight } = known
  const sessions = new Set<string>()
  const end = (session: string): void => {
    gates.delete(session)
    gone(session)
  }
  const wait = async (session: string): Promise<void> => {
    const back = new AbortController()
    outOfSight.set(session, back)
    await clock.sleep(graceMs, back.signal)
    if (back.signal.aborted) return
    outOfSight.delete(session)
    end(session)
  }
  const isElsewhere = (session: string): boolean => (gates.get(session) ?? gate) !== gate
  return {
    isElsewhere,
    connected(session) {
      if (isElsewhere(session)) return false
      if (sessions.size >= maxSessions)
        throw new LinkError(`A gate has more than ${maxSessions} producers, which is more than a worker remembers.`)
      sessions.add(session)
      gates.set(session, gate)
      const back = outOfSight.get(session)
      back?.abort()
      return !outOfSight.delete(session)
    },
    disconnected(session) {
      if (sessions.delete(session)) end(session)
    },
    away() {
      for (const session of sessions) {
        if (outOfSight.size < maxSessions) void wait(session)
        else end(session)
      }
      sessions.clear()
    },
  }
}
