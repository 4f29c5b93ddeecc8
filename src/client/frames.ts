/** The frames of `tidegate.v1` that this client sends. */
export type ClientFrame =
  | { type: 'connect'; id: number; token?: string | undefined; producer?: string | undefined }
  | {
      type: 'subscribe'
      id: number
      channel: string
      position?: string | undefined
      snapshot?: boolean | undefined
    }
  | { type: 'unsubscribe'; id: number; subscription: number }
  | {
      type: 'publish'
      id: number
      channel: string
      data: unknown
      key?: string | undefined
      messageId?: number | undefined
    }
  | { type: 'refresh'; id: number; token: string }
  | { type: 'pong' }

/** The frames of the gate that this client understands; it passes over all others, as the protocol grows. */
export type ServerFrame =
  | ConnectedFrame
  | SubscribedFrame
  | SnapshotFrame
  | MessageFrame
  | PositionFrame
  | UnsubscribedFrame
  | PublishedFrame
  | ErrorFrame
  | NoticeFrame
  | { type: 'refreshed'; id: number; expires?: number }
  | { type: 'ping' }

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

export interface SubscribedFrame {
  type: 'subscribed'
  id: number
  channel: string
  position?: string
  recovered: boolean | null
  reason?: string
}

export interface SnapshotItem {
  readonly channel: string
  readonly key: string
  readonly data: unknown
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
  position?: string
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

/** `stale {since}`, `fresh`, `draining {reconnectAfter}`, `expiring {at}` and others. */
export interface NoticeFrame {
  type: 'notice'
  code: string
  [fact: string]: unknown
}
