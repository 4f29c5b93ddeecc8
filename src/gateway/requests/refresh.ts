import type { Identity } from '../auth.ts'
import { dropSubscription } from '../client.ts'
import { refuse } from '../codes.ts'
import { ownToken, useOwnToken } from '../own-token.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Requester } from './requester.ts'

export async function refresh(
  requester: Requester,
  { id, token, subscription }: ClientFrames['refresh'],
): Promise<void> {
  const { gate, client, refuseFrame } = requester
  const known = requester.identity()
  const fresh = await gate.auth.verify(token)
  if ('code' in fresh) return refuseFrame(id, fresh)
  if (subscription !== undefined) return refreshOne(requester, fresh, id, subscription)
  if (fresh.isForOne)
    return refuseFrame(id, refuse('bad_token', 'The token is for one subscription: name it in `subscription`.'))
  if (known.isAuthenticated && (!fresh.isAuthenticated || fresh.client !== known.client))
    return refuseFrame(id, refuse('bad_token', 'The token is of another client.'))
  requester.refreshed(fresh)
  tellRefreshed(requester, id, fresh)
  for (const held of client.subscriptions.values()) {
    if (ownToken(held)) continue
    if (held.channels.every(({ name }) => gate.auth.allows(fresh, 'subscribe', name))) continue
    dropSubscription(held)
    client.events.unsubscribed(held, 'forbidden')
  }
}

/** The token of a subscription that was made with one, or is to have one from now on. */
function refreshOne(requester: Requester, fresh: Identity, id: number, subscription: number): void {
  const { gate, client, refuseFrame } = requester
  const held = client.subscriptions.get(subscription)
  if (!held) return refuseFrame(id, refuse('unknown_subscription', `No subscription has the id ${subscription}.`))
  if (isOfAnother(fresh, requester.identity()))
    return refuseFrame(id, refuse('bad_token', 'The token of the subscription is of another client.'))
  if (!held.channels.every(({ name }) => gate.auth.allows(fresh, 'subscribe', name)))
    return refuseFrame(id, refuse('forbidden', 'The token does not grant the channel of the subscription.'))
  useOwnToken(held, fresh)
  tellRefreshed(requester, id, fresh)
}

const tellRefreshed = ({ send }: Requester, id: number, { expiresAt }: Identity): void =>
  send({ type: 'refreshed', id, ...(expiresAt === undefined ? {} : { expires: expiresAt }) })

/** A token for a subscription may name nobody; if it names somebody, it is not for another to use. */
export const isOfAnother = (token: Identity, known: Identity): boolean =>
  token.isAuthenticated && known.isAuthenticated && token.client !== known.client
