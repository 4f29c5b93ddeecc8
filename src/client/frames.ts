import type { Box, Delivery } from './terms.ts'

/** The frames of `tidegate.v1` that this client sends. */
export type ClientFrame =
  | { type: 'connect'; id: number; token?: string | undefined; producer?: string | undefined }
  | {
      type: 'subscribe'
      id: number
      channel: string
      token?: string | undefined
      position?: string | undefined
      from?: string | undefined
      snapshot?: boolean | undefined
      delivery?: Delivery | undefined
      maxRate?: number | undefined
      maxBandwidth?: number | undefined
      window?: number | undefined
      delta?: 'fossil' | undefined
      filter?: string | undefined
      bbox?: Box | undefined
    }
  | {
      type: 'update'
      id: number
      subscription: number
      filter?: string | null | undefined
      bbox?: Box | null | undefined
      maxRate?: number | undefined
      maxBandwidth?: number | undefined
    }
  | { type: 'ack'; subscription: number; position: string }
  | { type: 'history'; id: number; channel: string; from: string; limit: number }
  | { type: 'presence' | 'statistics'; id: number; channel: string }
  | { type: 'unsubscribe'; id: number; subscription: number }
  | { type: 'refresh'; id: number; token: string }
  | { type: 'pong' }

/** The frames of the gate that this client understands; it passes over all others, as the protocol grows. */
export type ServerFrame =
  | ConnectedFrame
  | SubscriptionFrame
  | PublishedFrame
  | ReplyFrame
  | ErrorFrame
  | NoticeFrame
  | { type: 'refreshed'; id: number; expires?: number }
  | { type: 'ping' }

/** What belongs to one subscription and is handled in its turn. */
export type SubscriptionFrame =
  | SubscribedFrame
  | SnapshotFrame
  | MessageFrame
  | BatchFrame
  | GoneFrame
  | LiveFrame
  | PositionFrame
  | UnsubscribedFrame

/** Answers to what was asked once. */
export type ReplyFrame =
  | { type: 'updated'; id: number; granted: Granted }
  | { type: 'history'; id: number; items: HistoryItem[]; more: boolean; position?: string }
  | { type: 'presence'; id: number; clients: { client: string; sessions: number }[]; more: boolean }
  | { type: 'statistics'; id: number; clients: number; sessions: number }

export interface ConnectedFrame {
  type: 'connected'
  id?: number
  client: string
  session: string
  expires?: number
  /** Milliseconds. */
  ping?: { interval: number; timeout: number }
  /** `publishWindow`: how many unanswered publishes the gate takes before it stops reading. */
  limits?: { publishWindow?: number }
  exactlyOnce?: boolean
}

/** What the gate gave of what a subscription asked for. */
export interface Granted {
  readonly delivery: Delivery
  readonly snapshot: boolean
  readonly maxRate?: number
  readonly maxBandwidth?: number
  readonly window?: number
  readonly delta?: 'fossil'
  readonly filter?: string
  readonly bbox?: Box
}

export interface SubscribedFrame {
  type: 'subscribed'
  id: number
  channel: string
  position?: string
  recovered: boolean | null
  reason?: string
  again?: true
  granted?: Granted
}

export interface SnapshotItem<T = unknown> {
  readonly channel: string
  readonly key: string
  readonly data: T
}

export interface SnapshotFrame {
  type: 'snapshot'
  subscription: number
  items: SnapshotItem[]
  more?: boolean
}

export interface MessageFrame {
  type: 'message'
  channel: string
  key?: string
  data?: unknown
  deleted?: true
  /** With deltas `data` is a string: the whole JSON text (false), or a patch of the text before (true). */
  delta?: boolean
  position?: string
}

export interface BatchFrame {
  type: 'batch'
  channel: string
  key?: string
  items: { data?: unknown; deleted?: true }[]
}

export interface GoneFrame {
  type: 'gone'
  subscription: number
  channel: string
  key: string
}

export interface LiveFrame {
  type: 'live'
  subscription: number
  position: string
}

export interface PositionFrame {
  type: 'position'
  channel: string
  position: string
}

export interface UnsubscribedFrame {
  type: 'unsubscribed'
  id?: number
  subscription: number
  code?: string | number
}

export interface HistoryItem {
  channel: string
  key?: string
  data?: unknown
  deleted?: true
  /** Instead of data: the bytes of a message that is larger than this client takes. */
  oversize?: number
  position: string
}

export interface PublishedFrame {
  type: 'published'
  id: number
  duplicate?: boolean
  coordinates?: { topic: string; partition: number; offset: string }
}

export interface ErrorFrame {
  type: 'error'
  id?: number
  code: string
  message: string
  field?: string
  retryable?: boolean
  /** Milliseconds. */
  retryAfter?: number
}

/** `stale {since}`, `fresh`, `draining {reconnectAfter}`, `expiring {at}`, `filter_rate {perS}`; of a subscription: `conflated {count}`, `mode {delivery}`, `oversize {size, position}`. */
export interface NoticeFrame {
  type: 'notice'
  code: string
  subscription?: number
  position?: string
  [fact: string]: unknown
}
