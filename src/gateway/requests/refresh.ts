import { dropSubscription } from '../client.ts'
import { refuse } from '../codes.ts'
import type { ClientFrames } from '../protocol.ts'
import type { Identity } from '../who/auth.ts'
import { bindToken, subscriberOf, useOwnToken } from '../who/own-token.ts'
import { rememberToken } from '../who/used-tokens.ts'
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
  rememberToken(client, known)
  requester.refreshed(fresh)
  tellRefreshed(requester, id, fresh)
  for (const held of client.subscriptions.values()) {
    const by = subscriberOf(held, fresh)
    if (held.channels.every(({ name }) => gate.auth.allows(by, 'subscribe', name))) continue
    dropSubscription(held)
    client.events.unsubscribed(held, 'forbidden')
  }
}

/** The token of a subscription that was made with one, or is to have one from now on. */
function refreshOne(requester: Requester, fresh: Identity, id: number, subscription: number): void {
  const { gate, client, refuseFrame } = requester
  const held = client.subscriptions.get(subscription)
  if (!held) return refuseFrame(id, refuse('unknown_subscription', `No subscription has the id ${subscription}.`))
  const bound = bindToken(fresh, requester.identity())
  if ('code' in bound) return refuseFrame(id, bound)
  if (!held.channels.every(({ name }) => gate.auth.allows(bound, 'subscribe', name)))
    return refuseFrame(id, refuse('forbidden', 'The token does not grant the channel of the subscription.'))
  rememberToken(client, fresh)
  useOwnToken(held, fresh)
  tellRefreshed(requester, id, fresh)
}

const tellRefreshed = ({ send }: Requester, id: number, { expiresAt }: Identity): void =>
  send({ type: 'refreshed', id, ...(expiresAt === undefined ? {} : { expires: expiresAt }) })
