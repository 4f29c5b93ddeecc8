import type { ChannelState, Item } from './channel-state.ts'
import type { CloseName, NoticeName, UnsubscribedName } from './codes.ts'
import type { Batch } from './delivery/batch.ts'
import type { ConflationBounds } from './delivery/conflation.ts'
import type { Flow } from './delivery/flow.ts'
import type { Pull } from './delivery/pull.ts'
import { releaseText } from './forms/delta.ts'
import type { Questions } from './limits/questions.ts'
import type { Selection } from './selection/selection.ts'
import type { NamespaceSettings } from './settings.ts'
import type { Stream } from './stream.ts'
import type { Terms } from './terms.ts'

/** How a transport writes down what subscribers get; the bytes are shared by all clients of the form. */
export interface Form {
  /** Which of an item's frames it makes; every form has another, from 0. */
  readonly index: number
  /** Cursors stand alone, so each new epoch has to be told in line before the first message under it. */
  readonly tellsEpochs: boolean
  item(item: Item, cursor: string): Buffer
  /** Asks for an answer, in line with messages; absent: nothing comes back from these clients. */
  readonly ping?: Buffer
  /** Told instead of an item whose frame has more bytes than the client takes. */
  oversize(subscription: Subscription, item: Item, cursor: string, size: number): Buffer
  /** Messages of one key or channel that came together, the newest last. */
  batch(newest: Item, items: readonly Item[]): Buffer
  /** The subscription has what it missed; absent: a position says so. */
  live?(subscription: Subscription, position: string): Buffer
  /** What the client may hold of the item's key no longer passes the subscription's selection. */
  gone(subscription: Subscription, item: Item): Buffer
  /** `page`: items joined by commas. `position`: only with the last page of the last channel. */
  page(subscription: Subscription, channel: ChannelState, page: string, position: string | undefined): Buffer
  /** Where deltas were asked for: the form of a message whose base the client has not got. */
  readonly whole?: Form
  /** The same without compression; absent: there is none. */
  readonly uncompressed?: Form
  /** The form after the first message; absent: the same. */
  readonly next?: Form
}

/** One connection's way out, as its transport gives it. */
export interface Outlet {
  /** Bytes written and not yet taken by the machine. */
  buffered(): number
  write(bytes: Buffer): void
  /** Says goodbye and ends the connection, within a bounded time even when the client does not read. */
  close(name: CloseName): void
}

/** What the gate tells a connection unasked, in the words of its protocol. */
export interface ClientEvents {
  unsubscribed(subscription: Subscription, code: UnsubscribedName): void
  notice(code: NoticeName, facts: Readonly<Record<string, number | string>>): void
}

/** One connection as the hub sees it. */
export interface Client {
  readonly session: string
  form: Form
  readonly outlet: Outlet
  readonly events: ClientEvents
  readonly bufferBytes: number
  /** The largest frame of a message that it takes. */
  messageBytes: number
  readonly flow: Flow
  /** What the filters and boxes of its subscriptions are asked. */
  readonly questions: Questions
  /** What may wait for one subscription while it is conflated. */
  readonly conflates: ConflationBounds
  readonly subscriptions: Map<number, Subscription>
  /** Collected by the sweep under way: the first, in place so that no array is made for it, and the others. */
  batch: Batch | undefined
  batchOf: Subscription | undefined
  readonly moreBatches: { readonly batch: Batch; readonly subscription: Subscription }[]
  closed: boolean
  /** Why the gate closed it. */
  closedAs: CloseName | undefined
}

export type LagRules = Pick<NamespaceSettings, 'adaptive' | 'deliveries' | 'lag.max.ms'>

export interface Subscription {
  readonly id: number
  readonly client: Client
  readonly stream: Stream
  readonly channels: readonly ChannelState[]
  terms: Terms
  /** What its namespace says of clients that fall behind. */
  readonly rules: LagRules
  /** What its filter and its box let through; undefined: all. With one it stays in `pull`. */
  selection: Selection | undefined
  /** What a sweep needs of the client, here so that it need not be fetched from further away for each delivery. */
  readonly outlet: Outlet
  form: Form
  formIndex: number
  readonly flow: Flow
  readonly bufferBytes: number
  readonly messageBytes: number
  /** It has everything up to this sequence number. */
  fromSeq: number
  /** Set while it catches up at its own speed instead of getting each sweep's bytes. */
  pull: Pull | undefined
  /** With deltas, while it goes at its own speed: the text it got last. */
  text: string | undefined
}

export const createClient = (
  options: Pick<
    Client,
    'session' | 'form' | 'outlet' | 'events' | 'bufferBytes' | 'messageBytes' | 'flow' | 'questions' | 'conflates'
  >,
): Client => ({
  ...options,
  subscriptions: new Map(),
  batch: undefined,
  batchOf: undefined,
  moreBatches: [],
  closed: false,
  closedAs: undefined,
})

export function useForm(subscription: Subscription, form: Form): void {
  subscription.form = form
  subscription.formIndex = form.index
}

/** Closes the connection from the gate's side; the transport reports its end. */
export function closeClient(client: Client, name: CloseName): void {
  if (client.closed) return
  client.closed = true
  client.closedAs = name
  for (const subscription of client.subscriptions.values()) dropSubscription(subscription)
  client.outlet.close(name)
}

/** Takes a subscription off its channels. */
export function dropSubscription(subscription: Subscription): void {
  const { client, stream, channels } = subscription
  if (!client.subscriptions.delete(subscription.id)) return
  subscription.pull?.source?.stop()
  subscription.pull = undefined
  stream.subscriptions.delete(subscription)
  stream.pulls.delete(subscription)
  for (const channel of channels) {
    channel.live.delete(subscription)
    channel.followers.delete(subscription)
    channel.subscriptions.delete(subscription)
    if (subscription.terms.delta) releaseText(channel)
    stream.release(channel)
  }
}
