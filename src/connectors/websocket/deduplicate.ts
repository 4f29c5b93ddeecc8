import type { Ingress, IngressAnswer } from '#api'
import { createProducerIds, type ProducerIds } from './producer-ids.ts'
import { createRecentlySeen } from './recently-seen.ts'

/**
 * Makes a retry safe within this process: ids grow for each producer (for each session when it is anonymous), as `producer-ids.ts`
 * says. The least recently seen producers are forgotten first, and sessions, which anybody can open, never in place of producers.
 */
export function createDeduplicator(maxProducers: number) {
  const isNeeded = (ids: ProducerIds): boolean => !ids.isIdle()
  const producers = createRecentlySeen<ProducerIds>(maxProducers, isNeeded)
  const sessions = createRecentlySeen<ProducerIds>(maxProducers, isNeeded)
  const make = () => createProducerIds()

  return (ingress: Ingress, accept: () => Promise<IngressAnswer>): Promise<IngressAnswer> => {
    const { messageId: id, client, producer, session } = ingress
    if (id === undefined) return accept()
    const ids =
      producer === undefined
        ? sessions.recall(session, make)
        : producers.recall(JSON.stringify([client, producer]), make)
    const known = ids.judge(id)
    if (known) return known
    const answered = accept().then((answer) => {
      ids.settle(id, answer)
      return answer
    })
    ids.take(id, answered)
    return answered
  }
}
