import type { Subscription } from '../client.ts'
import { pumpConflated } from './pump-conflated.ts'
import { pumpEvery } from './pump-every.ts'

/**
 * Sends a subscription that goes at its own speed what the client has room for. Called when it may have room and when there may
 * be more. Answers the messages sent.
 */
export function pump(subscription: Subscription, now: number): number {
  const { client, pull } = subscription
  if (!pull || client.closed) return 0
  return pull.conflation ? pumpConflated(subscription, pull, pull.conflation, now) : pumpEvery(subscription, pull, now)
}
