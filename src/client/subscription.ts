import type { ClientError } from './error.ts'
import type { Granted, NoticeFrame, SnapshotItem } from './frames.ts'
import type { Adjustable, Delivery } from './terms.ts'

export interface Message<T = unknown> {
  /** The concrete channel, also when the subscription is to a pattern. */
  readonly channel: string
  readonly key?: string | undefined
  /** Absent when `deleted`. */
  readonly data?: T | undefined
  /** The key is gone: a tombstone, or its snapshot entry has expired. */
  readonly deleted: boolean
  /** The whole position to come back with after this message. */
  readonly position?: string | undefined
  /** ACK mode, after a break: it may have been handled before. */
  readonly again?: true | undefined
  /** With `ack: 'manual'`: this message and all before it are done. */
  readonly ack?: (() => void) | undefined
}

/** What came together of one key, the oldest first. */
export interface Batch<T = unknown> {
  readonly channel: string
  readonly key?: string | undefined
  readonly items: readonly { readonly data?: T | undefined; readonly deleted: boolean }[]
}

export interface Subscribed {
  readonly channel: string
  readonly position?: string | undefined
  /** `true`: continues after the position; `false`: something may be missing, see `reason`; `null`: no position was given. */
  readonly recovered: boolean | null
  readonly reason?: string | undefined
  /** ACK mode: what follows until `onLive` may have been handled before. */
  readonly again?: true | undefined
  readonly granted?: Granted | undefined
}

/**
 * What a subscription asks for and who is told. A handler that returns a promise is waited for: nothing else of the subscription is
 * handled meanwhile, the gate feels that the client is slow, and a message is acknowledged (ACK mode) when the promise is settled.
 */
export interface SubscribeOptions<T = unknown> extends Adjustable {
  /** Asks for the last value of each key first. */
  readonly snapshot?: boolean | undefined
  /** Continues after this position, from an earlier message or an earlier life of the program. */
  readonly position?: string | undefined
  /** Where to begin without a position: `earliest`, an age such as `-10m` (s, m, h, d), or a time in ISO 8601 or in ms. */
  readonly from?: string | undefined
  readonly delivery?: Delivery | undefined
  /** ACK mode: the most messages unacknowledged. After a break all past the last acknowledged one comes again. */
  readonly window?: number | undefined
  /** `auto` (default): when the handler has returned or its promise is settled. `manual`: by `message.ack()`. */
  readonly ack?: 'auto' | 'manual' | undefined
  /** Messages come as differences from the one before; the handlers see whole ones. */
  readonly delta?: 'fossil' | undefined
  /** A token for this subscription alone, or how to get one. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined
  readonly onMessage?: ((message: Message<T>) => unknown) | undefined
  /** `delivery: 'batch'`. Without it each item is given to `onMessage`. */
  readonly onBatch?: ((batch: Batch<T>) => unknown) | undefined
  /** The whole state; what was known before is void. */
  readonly onSnapshot?: ((items: readonly SnapshotItem<T>[]) => unknown) | undefined
  /** Keeps the last value of each key (and asks for a snapshot): the state after each change of it. */
  readonly onState?: ((state: ReadonlyMap<string, SnapshotItem<T>>) => unknown) | undefined
  /** What a key stands for left the filter or the box: it still exists, out of sight. */
  readonly onGone?: ((gone: { readonly channel: string; readonly key: string }) => unknown) | undefined
  /** At the start and after each reconnect. */
  readonly onSubscribed?: ((subscribed: Subscribed) => unknown) | undefined
  /** History, or what may have come twice, is over. */
  readonly onLive?: ((live: { readonly position: string }) => unknown) | undefined
  /** `conflated {count}`, `mode {delivery}`, `oversize {size, position}` */
  readonly onNotice?: ((notice: NoticeFrame) => unknown) | undefined
  /** The subscription is over: asked for, or ended by the gate (then with its code). */
  readonly onUnsubscribed?: ((ended: { readonly code?: string | number | undefined }) => unknown) | undefined
  /** The gate refused; when the error is retryable the client tries again by itself. */
  readonly onError?: ((error: ClientError) => unknown) | undefined
}

export interface Subscription<T = unknown> {
  readonly channel: string
  /** The position to come back with, if any was told: of the last message that was handled, in ACK mode of the last acknowledged. */
  readonly position: string | undefined
  /** With `onState`: the last value of each key; of a pattern by channel and key with a space between. */
  readonly state: ReadonlyMap<string, SnapshotItem<T>> | undefined
  /** Changes filter, box or rates in place, and for all connections to come. A new filter or box is followed by a snapshot. */
  update(changes: Adjustable): Promise<Granted>
  unsubscribe(): void
}
