import { closeClient, type Subscription } from '../client.ts'
import { pumpConflated } from './pump-conflated.ts'
import { pumpEvery } from './pump-every.ts'

/**
 * Sends a subscription that goes at its own speed what the client has room for. Called when it may have room and when there may
 * be more. Answers the messages sent. When it fails the client is closed, and comes back.
 */
export function pump(subscription: Subscription, now: number): number {
  const { client, pull } = subscription
  if (!pull || client.closed) return 0
  try {
    return pull.conflation
      ? pumpConflated(subscription, pull, pull.conflation, now)
      : pumpEvery(subscription, pull, now)
  } catch (error) {
    failDelivery(subscription, error)
    return 0
  }
}

/** Closes the client whose delivery failed. */
export function failDelivery({ channels, client, stream }: Subscription, error: unknown): void {
  stream.log.error({ channel: channels[0]?.name, err: error }, 'delivery to a client failed, it has to come back')
  closeClient(client, 'internal')
}
