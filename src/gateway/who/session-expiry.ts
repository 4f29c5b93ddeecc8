import { type Client, closeClient, dropSubscription, type Subscription } from '../client.ts'
import type { Identity } from './auth.ts'
import { ownToken } from './own-token.ts'

/** How long (ms) before a token expires its client is told. */
const noticeMs = 60_000

/**
 * Ends a connection with its token, and a subscription with its own; both are told before. Looked at with each tick, about each second: as
 * long it may get more than its token says.
 */
export function createExpiry(client: Client): (identity: Identity | undefined, now: number) => void {
  // A refreshed token is another one, and told of anew.
  let told: Identity | undefined
  const toldOf = new WeakMap<Subscription, Identity>()

  const checkOwn = (subscription: Subscription, now: number): void => {
    const token = ownToken(subscription)
    const at = token?.expiresAt
    if (!token || at === undefined || at - noticeMs > now) return
    if (at <= now) {
      dropSubscription(subscription)
      client.events.unsubscribed(subscription, 'token_expired')
    } else if (toldOf.get(subscription) !== token) {
      toldOf.set(subscription, token)
      client.events.notice('expiring', { at, subscription: subscription.id })
    }
  }

  return (identity, now) => {
    const at = identity?.expiresAt
    if (at !== undefined && at <= now) return closeClient(client, 'token_expired')
    if (at !== undefined && at - noticeMs <= now && told !== identity) {
      told = identity
      client.events.notice('expiring', { at })
    }
    for (const subscription of client.subscriptions.values()) checkOwn(subscription, now)
  }
}
