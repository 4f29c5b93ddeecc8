import type { Identity } from './auth.ts'
import type { Subscription } from './client.ts'

/** The tokens of subscriptions that were made with one of their own; the others go by their connection's. */
const own = new WeakMap<Subscription, Identity>()

export const ownToken = (subscription: Subscription): Identity | undefined => own.get(subscription)

export const useOwnToken = (subscription: Subscription, identity: Identity): void =>
  void own.set(subscription, identity)
