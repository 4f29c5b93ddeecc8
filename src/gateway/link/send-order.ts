import type { Ingress, IngressAnswer } from '#api'

type Numbered = Pick<Ingress, 'session' | 'messageId'>

/**
 * Keeps the order of a connection's numbered messages when its gate goes over to another worker, which does not know what the former one
 * refused: one that passed those would make them look stored.
 */
export interface SendOrder {
  /** The refusal of a message behind one that was refused and has not come again. */
  refusal(message: Numbered): IngressAnswer | undefined
  /** It is on its way, the first time or again. */
  sent(message: Numbered): void
  answered(message: Numbered, answer: IngressAnswer): void
  /** The connection ended. */
  forget(session: string): void
}

/**
 * Of connections that end without a word the oldest are forgotten beyond this; and of one connection so many numbers are kept, far more than
 * may be under way.
 */
const [maxSessions, maxNumbers] = [10_000, 1000]

export function createSendOrder(): SendOrder {
  const refused = new Map<string, Set<number>>()
  const remove = (session: string, id: number): void => {
    const ids = refused.get(session)
    if (ids?.delete(id) && ids.size === 0) refused.delete(session)
  }
  return {
    refusal({ session, messageId: id }) {
      const ids = id === undefined ? undefined : refused.get(session)
      if (id === undefined || !ids) return undefined
      const lowest = Math.min(...ids)
      return lowest < id ? outOfOrder(lowest) : undefined
    },
    sent({ session, messageId: id }) {
      if (id !== undefined) remove(session, id)
    },
    answered({ session, messageId: id }, answer) {
      if (id === undefined) return
      if (answer.ok || !answer.retryable) return remove(session, id)
      const ids = refused.get(session) ?? new Set<number>()
      if (ids.size < maxNumbers) ids.add(id)
      refused.set(session, ids)
      const [oldest] = refused.keys()
      if (refused.size > maxSessions && oldest !== undefined) refused.delete(oldest)
    },
    forget: (session) => void refused.delete(session),
  }
}

const outOfOrder = (lowest: number): IngressAnswer => ({
  ok: false,
  code: 'out_of_order',
  message: `Message ${lowest} was refused and has to come first; send again from there.`,
  retryable: true,
})
