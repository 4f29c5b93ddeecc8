import type { Subscription } from '../client.ts'
import { type Refusal, refuse } from '../codes.ts'
import type { Identity } from './auth.ts'

/** The tokens of subscriptions that were made with one of their own; the others go by their connection's. */
const own = new WeakMap<Subscription, Identity>()

export const ownToken = (subscription: Subscription): Identity | undefined => own.get(subscription)

export const useOwnToken = (subscription: Subscription, identity: Identity): void =>
  void own.set(subscription, identity)

/** Who subscribes with the token on this connection. It may name nobody; if it names somebody, it is not for another to use. */
export function bindToken(token: Identity, { client, isAuthenticated }: Identity): Identity | Refusal {
  if (!token.isAuthenticated) return { ...token, client, isAuthenticated }
  if (!isAuthenticated || token.client === client) return token
  return refuse('bad_token', 'The token of the subscription is of another client.')
}
