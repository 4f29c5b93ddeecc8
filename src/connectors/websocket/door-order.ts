import type { Ingress, IngressAnswer } from '#api'
import { outOfOrder } from './ingress-answers.ts'
import { createRefusedIds } from './producer-ids.ts'
import { createRecentlySeen } from './recently-seen.ts'

/** What a door knows of one connection. */
export interface DoorSession {
  /** Refused for a while, by a lane or by the door. */
  readonly refused: ReturnType<typeof createRefusedIds>
  /** What the lane gave it for its messages. */
  term: number | undefined
  waiting: number
  /** The connection ended. */
  isGone: boolean
}

/**
 * Keeps the order of a connection's messages over all that happens to lanes: a lane that starts elsewhere does not know what
 * its predecessor refused, and the door outlives both.
 */
export function createDoorSessions(max: number) {
  const sessions = createRecentlySeen<DoorSession>(max, ({ waiting }) => waiting > 0)
  const of = (session: string): DoorSession =>
    sessions.recall(session, () => ({ refused: createRefusedIds(), term: undefined, waiting: 0, isGone: false }))

  return {
    of,
    /** The refusal of a message behind one that was refused and has not come again. */
    refusal({ session, messageId: id }: Pick<Ingress, 'session' | 'messageId'>): IngressAnswer | undefined {
      if (id === undefined) return undefined
      const lowest = of(session).refused.lowest()
      return lowest !== undefined && lowest < id ? outOfOrder(lowest) : undefined
    },
    /** It is on its way to the lane, the first time or again. */
    taken: ({ session, messageId: id }: Pick<Ingress, 'session' | 'messageId'>): void => {
      if (id !== undefined) of(session).refused.remove(id)
    },
    answered({ session, messageId: id }: Pick<Ingress, 'session' | 'messageId'>, answer: IngressAnswer): void {
      if (id === undefined) return
      const { refused } = of(session)
      if (!answer.ok && answer.retryable) refused.add(id)
      else refused.remove(id)
    },
  }
}

export type DoorSessions = ReturnType<typeof createDoorSessions>
