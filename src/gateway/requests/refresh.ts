import { dropSubscription } from '../client.ts'
import { refuse } from '../codes.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

export async function refresh(requester: Requester, { id, token }: ClientFrames['refresh']): Promise<void> {
  const { gate, client, send, refuseFrame } = requester
  const known = requester.identity()
  const fresh = await gate.auth.verify(token)
  if (!fresh || (known.isAuthenticated && fresh.client !== known.client))
    return refuseFrame(id, refuse('bad_token', 'The token is malformed, forged, expired or of another client.'))
  requester.refreshed(fresh)
  send({ type: 'refreshed', id, ...(fresh.expiresAt === undefined ? {} : { expires: fresh.expiresAt }) })
  for (const subscription of client.subscriptions.values()) {
    if (subscription.expiresAt !== undefined) continue
    if (subscription.channels.every(({ name }) => gate.auth.allows(fresh, 'subscribe', name))) continue
    dropSubscription(subscription)
    client.events.unsubscribed(subscription, 'forbidden')
  }
}
