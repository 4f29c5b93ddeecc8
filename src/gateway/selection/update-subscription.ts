import type { Subscription } from '../client.ts'
import type { Refusal } from '../codes.ts'
import { createConflation } from '../delivery/conflation.ts'
import { createPace } from '../delivery/pace.ts'
import { follow, type Pull, startPull, stays } from '../delivery/pull.ts'
import { pump } from '../delivery/pump.ts'
import { refuseSnapshot, transfersOf } from '../join-stream.ts'
import type { Expensive } from '../limits/expensive.ts'
import type { Terms } from '../terms.ts'
import type { Judge } from './judge.ts'
import { createSelection } from './selection.ts'

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

/**
 * Answers the number of messages sent at once. A live subscription has been sent all there is; what another has not been sent yet is
 * superseded by the snapshot.
 */
export function updateSubscription(subscription: Subscription, options: UpdateOptions): Refusal | number {
  const { client, stream, channels } = subscription
  const { terms, judges, selects, now } = options
  const hasSnapshot = selects && options.hasSnapshot
  if (hasSnapshot) {
    const refusal = options.expensive.refusal(now) ?? refuseSnapshot(stream, now)
    if (refusal) return refusal
  }
  const sent = pump(subscription, now)
  if (client.closed) return sent
  options.onUpdated(terms)
  subscription.terms = terms
  if (selects) {
    const given = { channels, isFresh: hasSnapshot, questions: client.questions }
    subscription.selection = judges.length === 0 ? undefined : createSelection(judges, given)
  }
  if (hasSnapshot) replaceState(subscription, options)
  else if (subscription.pull) {
    subscription.pull.pace = createPace(terms, now)
    follow(subscription)
  } else if (stays(subscription)) {
    const stands = stream.tracker.position(now)
    startPull(subscription, { after: stream.sequence.last, stands, epoch: channels[0]?.epoch }, now)
  }
  return sent + pump(subscription, now)
}

/** Begins anew with a snapshot of this moment. */
function replaceState(subscription: Subscription, { terms, now, expensive }: UpdateOptions): void {
  const { client, stream } = subscription
  const former: Pull | undefined = subscription.pull
  former?.source?.stop()
  const stands = stream.tracker.position(now)
  const pages = transfersOf(subscription, stands, now, true)
  for (const { shared } of pages) expensive.spend(shared?.bytes ?? stream.snapshot.bytes(), now)
  const { credit, isHistory = false } = former ?? {}
  const pull = startPull(subscription, { after: stream.sequence.last, stands, pages, credit, isHistory }, now)
  // An adaptive subscription stays as far behind as it was told to be.
  if (former?.conflation && terms.delivery === 'every') pull.conflation = createConflation('latest', client.conflates)
}
