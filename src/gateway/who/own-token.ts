import type { Subscription } from '../client.ts'
import { type Refusal, refuse } from '../codes.ts'
import type { Identity } from './auth.ts'

/** The tokens of subscriptions that were made with one of their own; the others go by their connection's. */
const own = new WeakMap<Subscription, Identity>()

/** What the token itself says. */
export const ownToken = (subscription: Subscription): Identity | undefined => own.get(subscription)

export const useOwnToken = (subscription: Subscription, token: Identity): void => void own.set(subscription, token)

/** Who subscribes: whoever the connection is now, with the token that the subscription has. */
export function subscriberOf(subscription: Subscription, who: Identity): Identity {
  const token = own.get(subscription)
  return token ? boundTo(token, who) : who
}

/** Who subscribes with the token on this connection. It may name nobody; if it names somebody, it is not for another to use. */
export function bindToken(token: Identity, who: Identity): Identity | Refusal {
  if (!token.isAuthenticated || !who.isAuthenticated || token.client === who.client) return boundTo(token, who)
  return refuse('bad_token', 'The token of the subscription is of another client.')
}

const boundTo = (token: Identity, { client, isAuthenticated }: Identity): Identity =>
  token.isAuthenticated ? token : { ...token, client, isAuthenticated }
