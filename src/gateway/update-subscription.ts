import type { Subscription } from './client.ts'
import type { Refusal } from './codes.ts'
import { refuseSnapshot, transfersOf } from './join-stream.ts'
import type { Judge } from './judge.ts'
import type { Expensive } from './limits/expensive.ts'
import { pump, startPull, stays } from './pull.ts'
import { createSelection, isManifold } from './selection.ts'
import type { Terms } from './terms.ts'

export interface UpdateOptions {
  readonly terms: Terms
  /** Those who judge from now on. */
  readonly judges: readonly Judge[]
  /** The filter or the box is another. */
  readonly selects: boolean
  /** Whether the namespace has snapshots: one replaces what the client holds. */
  readonly hasSnapshot: boolean
  readonly now: number
  /** The budget of snapshots. */
  readonly expensive: Expensive
  /** Called once, before the first bytes under the new terms. */
  readonly onUpdated: (terms: Terms) => void
}

/** Answers the number of messages sent at once. What was on its way before the snapshot is superseded by it. */
export function updateSubscription(subscription: Subscription, options: UpdateOptions): Refusal | number {
  const { stream, channels } = subscription
  const { terms, judges, selects, now } = options
  const hasSnapshot = selects && options.hasSnapshot
  if (hasSnapshot) {
    const refusal = options.expensive.refusal(now) ?? refuseSnapshot(stream, now)
    if (refusal) return refusal
  }
  options.onUpdated(terms)
  subscription.terms = terms
  if (selects)
    subscription.selection =
      judges.length === 0
        ? undefined
        : createSelection(judges, { isManifold: isManifold(channels), isFresh: hasSnapshot })
  const here = stream.tracker.position(now)
  const after = stream.sequence.last
  if (hasSnapshot) {
    subscription.pull?.source?.stop()
    const pages = transfersOf(subscription, here, now)
    for (const { shared } of pages) options.expensive.spend(shared?.bytes ?? stream.snapshot.bytes(), now)
    startPull(subscription, { after, stands: here, pages }, now)
  } else if (!subscription.pull && stays(subscription)) {
    startPull(subscription, { after, stands: here, epoch: channels[0]?.epoch }, now)
  }
  return pump(subscription, now)
}
