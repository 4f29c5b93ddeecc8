import { backoffDelay } from './backoff.ts'
import type { Connection } from './connection.ts'
import { ClientError } from './error.ts'
import type {
  ErrorFrame,
  MessageFrame,
  PositionFrame,
  SnapshotFrame,
  SnapshotItem,
  SubscribedFrame,
  UnsubscribedFrame,
} from './frames.ts'
import type { Settings } from './options.ts'
import { keepPosition, type PositionKeeper } from './position.ts'

export interface Message {
  readonly channel: string
  readonly key?: string | undefined
  /** Absent when `deleted`. */
  readonly data?: unknown
  /** The key is gone: a tombstone, or its snapshot entry has expired. */
  readonly deleted: boolean
  /** The whole position to come back with after this message. */
  readonly position?: string | undefined
}

export interface Subscribed {
  readonly channel: string
  readonly position?: string | undefined
  /** `true`: continues after the position; `false`: something may be missing, see `reason`; `null`: no position was given. */
  readonly recovered: boolean | null
  readonly reason?: string | undefined
}

export interface SubscribeOptions {
  /** Asks for the last value of each key first. */
  readonly snapshot?: boolean | undefined
  /** Continues after this position, from an earlier message or an earlier life of the program. */
  readonly position?: string | undefined
  readonly onMessage?: ((message: Message) => void) | undefined
  /** The whole state; what was known before is void. */
  readonly onSnapshot?: ((items: readonly SnapshotItem[]) => void) | undefined
  /** At the start and after each reconnect. */
  readonly onSubscribed?: ((subscribed: Subscribed) => void) | undefined
  /** The subscription is over: asked for, or ended by the gate (then with its code). */
  readonly onUnsubscribed?: ((ended: { readonly code?: string | number | undefined }) => void) | undefined
  /** The gate refused; when the error is retryable the client tries again by itself. */
  readonly onError?: ((error: ClientError) => void) | undefined
}

export interface Subscription {
  readonly channel: string
  /** The position to come back with, if any was told. */
  readonly position: string | undefined
  unsubscribe(): void
}

interface Entry {
  readonly channel: string
  readonly options: SubscribeOptions
  readonly position: PositionKeeper
  /** The id of the `subscribe` on this connection. */
  id: number | undefined
  live: boolean
  /** A snapshot was asked for and has not come whole: until then the position is worth nothing alone. */
  awaitsSnapshot: boolean
  items: SnapshotItem[]
  attempt: number
  retry: unknown
}

export interface Subscriptions {
  add(channel: string, options: SubscribeOptions): Subscription
  connected(connection: Connection): void
  disconnected(): void
  onSubscribed(frame: SubscribedFrame): void
  onSnapshot(frame: SnapshotFrame): void
  onMessage(frame: MessageFrame): void
  onPosition(frame: PositionFrame): void
  onUnsubscribed(frame: UnsubscribedFrame): void
  /** True when the answer was to a subscribe. */
  onError(frame: ErrorFrame): boolean
  clear(): void
}

/** The subscriptions, across connections. `guard` runs a handler of the user's, whose throw must not harm the client. */
export function trackSubscriptions(settings: Settings, guard: (handler: () => void) => void): Subscriptions {
  const { timers } = settings
  const entries = new Set<Entry>()
  const byId = new Map<number, Entry>()
  const byChannel = new Map<string, Entry>()
  let connection: Connection | undefined

  const subscribe = (entry: Entry): void => {
    if (!connection) return
    entry.id = connection.nextId()
    byId.set(entry.id, entry)
    const { channel, options, position } = entry
    entry.items = []
    entry.awaitsSnapshot = options.snapshot ?? false
    const frame = { type: 'subscribe', id: entry.id, channel, position: position.current, snapshot: options.snapshot }
    connection.send(frame as Parameters<Connection['send']>[0])
  }

  const remove = (entry: Entry): void => {
    timers.clear(entry.retry)
    entries.delete(entry)
    if (entry.id !== undefined) byId.delete(entry.id)
    if (byChannel.get(entry.channel) === entry) byChannel.delete(entry.channel)
    entry.live = false
  }

  const later = (entry: Entry, atLeastMs = 0): void => {
    if (entry.id !== undefined) byId.delete(entry.id)
    entry.id = undefined
    entry.live = false
    const delay = backoffDelay(entry.attempt++, settings.backoff, settings.random)
    entry.retry = timers.set(() => subscribe(entry), Math.max(delay, atLeastMs))
  }

  const fail = (entry: Entry, error: ClientError): void => {
    remove(entry)
    guard(() => entry.options.onError?.(error))
  }

  /** The subscription that a message belongs to; of two for one channel the gate refuses the second. */
  const find = (channel: string): Entry | undefined => {
    const latest = byChannel.get(channel)
    if (latest?.live) return latest
    for (const entry of entries) if (entry.live && entry.channel === channel) return entry
    return undefined
  }

  return {
    add(channel, options) {
      const entry: Entry = {
        channel,
        options,
        position: keepPosition(options.position),
        id: undefined,
        live: false,
        awaitsSnapshot: false,
        items: [],
        attempt: 0,
        retry: undefined,
      }
      entries.add(entry)
      byChannel.set(channel, entry)
      subscribe(entry)
      return {
        channel,
        get position() {
          return entry.position.current
        },
        unsubscribe() {
          if (!entries.has(entry)) return
          const { id } = entry
          remove(entry)
          if (connection && id !== undefined)
            connection.send({ type: 'unsubscribe', id: connection.nextId(), subscription: id })
          guard(() => options.onUnsubscribed?.({}))
        },
      }
    },
    connected(fresh) {
      connection = fresh
      for (const entry of entries) subscribe(entry)
    },
    disconnected() {
      connection = undefined
      byId.clear()
      for (const entry of entries) {
        timers.clear(entry.retry)
        // Half a snapshot is no state: the next time it is asked for whole.
        if (entry.awaitsSnapshot && entry.live) entry.position.forget()
        entry.live = false
        entry.id = undefined
      }
    },
    onSubscribed({ id, channel, position, recovered, reason }) {
      const entry = byId.get(id)
      if (!entry) return
      entry.live = true
      entry.attempt = 0
      if (recovered === true) entry.awaitsSnapshot = false
      if (position !== undefined) entry.position.advance(position)
      guard(() => entry.options.onSubscribed?.({ channel, position, recovered, reason }))
    },
    onSnapshot({ subscription, items, more }) {
      const entry = byId.get(subscription)
      if (!entry) return
      if (entry.items.length + items.length > settings.maxSnapshotEntries) {
        connection?.send({ type: 'unsubscribe', id: connection.nextId(), subscription })
        const message = `The snapshot of ${entry.channel} has more than ${settings.maxSnapshotEntries} entries.`
        return fail(entry, new ClientError(message, { code: 'snapshot_too_large' }))
      }
      entry.items.push(...items)
      if (more) return
      const whole = entry.items
      entry.items = []
      entry.awaitsSnapshot = false
      guard(() => entry.options.onSnapshot?.(whole))
    },
    onMessage({ channel, key, data, deleted, position }) {
      const entry = find(channel)
      if (!entry) return
      entry.awaitsSnapshot = false
      const whole = position === undefined ? undefined : entry.position.advance(position)
      guard(() => entry.options.onMessage?.({ channel, key, data, deleted: deleted ?? false, position: whole }))
    },
    onPosition({ channel, position }) {
      const entry = find(channel)
      entry?.position.advance(position)
    },
    onUnsubscribed({ subscription, code }) {
      const entry = byId.get(subscription)
      if (!entry) return
      remove(entry)
      guard(() => entry.options.onUnsubscribed?.({ code }))
    },
    onError(frame) {
      const entry = frame.id === undefined ? undefined : byId.get(frame.id)
      if (!entry) return false
      const error = new ClientError(frame.message, frame)
      if (!error.retryable) {
        fail(entry, error)
        return true
      }
      later(entry, error.retryAfter)
      guard(() => entry.options.onError?.(error))
      return true
    },
    clear() {
      for (const entry of entries) {
        remove(entry)
        guard(() => entry.options.onUnsubscribed?.({}))
      }
    },
  }
}
