import type { Item } from '../channel-state.ts'
import type { Subscription } from '../client.ts'
import { encodeCursor, vectorAt } from '../positions/cursor.ts'
import { dominates, isBehind, join } from '../positions/vector.ts'
import type { Pull } from './pull.ts'
import { type Found, type Moment, nextInWindow } from './pull-source.ts'

/** An item that is one subscription's. */
export interface Taken {
  readonly item: Item
  /** The position after it, under the item's epoch, as it is for this client. */
  readonly cursor: string
  /** It does not pass the selection, but the client may hold its key. */
  readonly isGone: boolean
  /** The position before it, under the item's epoch. */
  readonly before: string
}

/**
 * Takes the subscription's next item. `skip`: it was none for this client. `head`: nothing came yet. `wait`: it is being read.
 * `passed`: it can no longer be had.
 */
export function takeItem(subscription: Subscription, pull: Pull): Taken | 'skip' | 'head' | 'wait' | 'passed' {
  const found = nextItem(subscription, pull)
  if (!found) return 'head'
  return found === 'wait' || found === 'passed' ? found : judged(subscription, pull, found)
}

function nextItem(subscription: Subscription, pull: Pull): Found | undefined | 'wait' | 'passed' {
  const { channels, stream } = subscription
  if (pull.source) {
    const found = pull.source.take()
    if (found !== 'end') return found
    pull.source = undefined
  }
  const found = nextInWindow(channels, pull.after)
  // What is no longer in the window is read again, when it can be.
  if (found === 'passed' && stream.readBack(subscription)) {
    stream.pulls.add(subscription)
    return 'wait'
  }
  if (found && found !== 'passed') pull.after = found.item.seq
  return found
}

function judged(subscription: Subscription, pull: Pull, { item, former }: Found): Taken | 'skip' {
  const { base } = pull
  let { cursor } = item
  let before = former?.epoch === item.epoch ? former.cursor : '.'
  if (base) {
    const reached = vectorAt(item.epoch, item.cursor)
    const isAhead = dominates(reached, base)
    if (isAhead) pull.base = undefined
    if (
      item.kind === 'expiry'
        ? dominates(base, reached) && !isAhead
        : isBehind(base, item.partition, item.offset, item.path)
    )
      return 'skip'
    if (!isAhead) cursor = encodeCursor(item.epoch.start, join(reached, base))
    before = encodeCursor(item.epoch.start, join(vectorAt(item.epoch, before), base))
  }
  const stands: Moment = { epoch: item.epoch, cursor }
  pull.stands = stands
  const verdict = subscription.selection?.judge(item) ?? 'pass'
  return verdict === 'skip' ? verdict : { item, cursor, isGone: verdict === 'gone', before }
}
