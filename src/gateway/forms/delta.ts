import type { ChannelState, Item } from '../channel-state.ts'
import type { Form, Subscription } from '../client.ts'
import { makeFossilDelta } from './fossil.ts'

/** Longer texts (bytes) go whole: a delta of them would hold up everybody else. */
const maxBytes = 128 * 1024

/**
 * What makes the item's text of the one before it in its channel, as a JSON string; undefined when the text itself is not
 * longer. Made once for all who have that text.
 */
export function deltaOf(item: Item): string | undefined {
  if (item.delta === undefined) item.delta = makeDelta(item.base, item.data) ?? null
  return item.delta ?? undefined
}

function makeDelta(former: string | undefined, text: string | undefined): string | undefined {
  if (former === undefined || text === undefined || former.length > maxBytes || text.length > maxBytes) return undefined
  const [base, target] = [Buffer.from(former), Buffer.from(text)]
  if (base.length > maxBytes || target.length > maxBytes) return undefined
  const delta = makeFossilDelta(base, target)
  if (delta === undefined) return undefined
  const json = JSON.stringify(delta)
  return Buffer.byteLength(json) < Buffer.byteLength(JSON.stringify(text)) ? json : undefined
}

/** The form of a subscription's first message. */
export const firstForm = ({ form }: Pick<Subscription['client'], 'form'>, terms: Subscription['terms']): Form =>
  terms.delta && form.whole ? form.whole : form

/**
 * In which form a subscription that goes at its own speed gets an item: as a delta when the text it got last is the base.
 * To be asked for each item that is sent, in order.
 */
export function formFor(subscription: Subscription, item: Item): Form {
  const { terms, text } = subscription
  const whole = firstForm(subscription.client, terms)
  if (!terms.delta || item.kind === 'position') return whole
  subscription.text = item.data
  return text !== undefined && item.base === text ? (whole.next ?? whole) : whole
}

/** Goes live: the next item's base is what the channel had last. */
export function liveForm({ client, terms, text, channels: [channel] }: Subscription): Form {
  const whole = firstForm(client, terms)
  return text !== undefined && channel?.text === text ? (whole.next ?? whole) : whole
}

/** A subscription with deltas begins: the channel keeps its last text from now on. */
export function keepText(channel: ChannelState): void {
  if (++channel.deltas > 1) return
  const { items, head } = channel.log
  channel.text = items.length > head ? items.at(-1)?.data : undefined
}

export function releaseText(channel: ChannelState): void {
  if (--channel.deltas === 0) channel.text = undefined
}
