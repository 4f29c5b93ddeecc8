import { frameOf, type Item } from '../channel-state.ts'
import type { Subscription } from '../client.ts'
import { formFor } from '../forms/delta.ts'

/**
 * The frame of an item for a subscription that goes at its own speed; of one larger than the client takes, the notice.
 * To be asked for each item that is sent, in order.
 */
export function frameFor(subscription: Subscription, item: Item, cursor = item.cursor): Buffer {
  const form = formFor(subscription, item)
  const frame = cursor === item.cursor ? frameOf(item, form) : form.item(item, cursor)
  if (item.kind === 'position' || frame.length <= subscription.messageBytes) return frame
  // What it has not got is no base.
  subscription.text = undefined
  return form.oversize(subscription, item, cursor, frame.length)
}
