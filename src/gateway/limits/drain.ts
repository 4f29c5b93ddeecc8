import type { Clock } from '#api'
import { closeClient } from '../client.ts'
import type { Connection } from '../connections.ts'

export interface DrainOptions {
  readonly connections: readonly Connection[]
  /** The longest time (ms) over which they leave. */
  readonly mostMs: number
  /** How long (ms) publications may still be answered. */
  readonly answerMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** Clients leave at this pace: one each so many ms. */
const paceMs = 10

/**
 * Tells every client at another time to leave, and closes it then, so that the other workers see no storm. What a client published until
 * then is answered first, for as long as `answerMs`.
 */
export async function drain({ connections, mostMs, answerMs, clock, random }: DrainOptions): Promise<void> {
  const startedAt = clock.now()
  const spread = Math.min(mostMs, paceMs * connections.length)
  const staying = connections
    .map((connection) => ({ connection, at: startedAt + Math.round(random() * spread) }))
    .toSorted((a, b) => a.at - b.at)
  for (const { connection, at } of staying) connection.drain(at - startedAt)
  let leaving: { readonly connection: Connection; readonly at: number }[] = []
  let next = 0
  for (;;) {
    const now = clock.now()
    for (let due = staying[next]; due && due.at <= now; due = staying[++next]) {
      due.connection.leave()
      leaving.push(due)
    }
    const waiting = leaving.filter(({ connection, at }) => connection.inFlight() > 0 && now < at + answerMs)
    for (const each of leaving) if (!waiting.includes(each)) closeClient(each.connection.client, 'shutdown')
    leaving = waiting
    if (next === staying.length && leaving.length === 0) return
    await clock.sleep(10)
  }
}
