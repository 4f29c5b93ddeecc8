import type { Item } from '../channel-state.ts'
import type { Subscription } from '../client.ts'
import type { Pull } from './pull.ts'
import { type Found, nextInWindow } from './pull-source.ts'
import { type Step, step } from './standing.ts'

/** An item that is one subscription's. */
export interface Taken extends Step {
  readonly item: Item
  /** It does not pass the selection, but the client may hold its key. */
  readonly isGone: boolean
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

function judged(subscription: Subscription, pull: Pull, found: Found): Taken | 'skip' {
  const { item } = found
  const taken = step(pull, found)
  if (!taken) return 'skip'
  const verdict = subscription.selection?.judge(item) ?? 'pass'
  return verdict === 'skip' ? verdict : { item, ...taken, isGone: verdict === 'gone' }
}
