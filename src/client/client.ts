import type { NoticeFrame } from './frames.ts'
import type { History, HistoryOptions } from './history.ts'
import type { Published, PublishOptions } from './publishes.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

export type ClientState =
  | { readonly state: 'connecting'; readonly attempt: number }
  /** `client` is the token's subject or a random id; `session` is this connection. */
  | { readonly state: 'connected'; readonly client: string; readonly session: string; readonly exactlyOnce: boolean }
  /** Comes back after `retryInMs`. */
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly code: number; readonly reason: string }
  /** Does not come back. */
  | { readonly state: 'closed'; readonly code: number; readonly reason: string }

export interface Presence {
  readonly clients: readonly { readonly client: string; readonly sessions: number }[]
  /** There are more than the gate tells. */
  readonly more: boolean
}

export interface Statistics {
  readonly clients: number
  readonly sessions: number
}

export interface Client {
  readonly state: ClientState
  /** `T`: what the messages of the channel hold; nothing is checked. */
  subscribe<T = unknown>(channel: string, options: SubscribeOptions<T>): Subscription<T>
  /**
   * Resolves when the message is in Kafka. Rejects with a `ClientError`: what the gate answered (`code`, `field`, `retryable`; with a
   * `messageId` only what is final, since the client sends it again until then), or `disconnected` when the connection ended and no `messageId` makes it safe to send the message again.
   */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<Published>
  /** What the channel had, the oldest first. Rejects with a `ClientError`, as `disconnected` without a connection. */
  history<T = unknown>(channel: string, options?: HistoryOptions): Promise<History<T>>
  /** Who is subscribed to the channel, where the namespace tells it. */
  presence(channel: string): Promise<Presence>
  statistics(channel: string): Promise<Statistics>
  /** Calls the listener now and at each change; returns how to stop that. */
  onState(listener: (state: ClientState) => void): () => void
  /** What the gate tells all its clients: `stale`, `fresh`, `draining` …, and what it tells of a subscription. */
  onNotice(listener: (notice: NoticeFrame) => void): () => void
  /** Ends all; it may be called twice. */
  close(): void
}
