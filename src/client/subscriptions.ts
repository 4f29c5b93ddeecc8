import type { Backlog } from './backlog.ts'
import { backoffDelay } from './backoff.ts'
import type { Connection } from './connection.ts'
import { createEntry, type Entry, forgetPosition, positionOf, wantsSnapshot } from './entry.ts'
import { ClientError } from './error.ts'
import type { ErrorFrame, NoticeFrame, SubscriptionFrame } from './frames.ts'
import { createHandler, type Guard, isHalf } from './handle.ts'
import type { Settings } from './options.ts'
import type { Requests } from './requests.ts'
import { createRoutes } from './routes.ts'
import { subscribeFrame } from './subscribe-frame.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'
import { tellHeld, update } from './update.ts'

export interface Subscriptions {
  add<T>(channel: string, options: SubscribeOptions<T>): Subscription<T>
  connected(connection: Connection): void
  disconnected(): void
  /** `bytes`: what the frame counts for while it waits. */
  receive(frame: SubscriptionFrame | NoticeFrame, bytes: number): void
  /** True when the answer was to a subscribe. */
  onError(frame: ErrorFrame): boolean
  /** Calls back when everything that has come so far was handled. */
  whenHandled(callback: () => void): void
  clear(): void
}

export interface SubscriptionsOptions {
  readonly settings: Settings
  readonly guard: Guard
  readonly backlog: Backlog
  readonly requests: Requests
}

/** The subscriptions, across connections. */
export function trackSubscriptions({ settings, guard, backlog, requests }: SubscriptionsOptions): Subscriptions {
  const { timers } = settings
  const entries = new Set<Entry>()
  const byId = new Map<number, Entry>()
  const routes = createRoutes()
  /** Subscriptions that were left, by id, and the request that is not answered yet. */
  const left = new Map<number, number>()
  let connection: Connection | undefined
  const handle = createHandler({
    settings,
    guard,
    fail,
    restart,
    ended,
    tellHeld: (entry) => void tellHeld(entry, requests),
  })

  function send(entry: Entry, token: string | undefined): void {
    if (!connection) return
    entry.id = connection.nextId()
    byId.set(entry.id, entry)
    entry.items = []
    entry.isJoined = false
    entry.awaitsSnapshot = wantsSnapshot(entry)
    entry.again = false
    entry.base = undefined
    entry.isHeld = entry.held !== undefined
    connection.send(subscribeFrame(entry, entry.id, token))
  }

  function subscribe(entry: Entry): Promise<void> | undefined {
    entry.isQueued = false
    if (!connection || entry.isOver || entry.id !== undefined) return undefined
    const { token } = entry.options
    if (typeof token !== 'function') {
      send(entry, token)
      return undefined
    }
    const through = connection
    const ask = async (): Promise<void> => {
      try {
        const fresh = await token()
        if (connection === through && !entry.isOver) send(entry, fresh)
      } catch (cause) {
        const error = new ClientError('No token could be had.', { code: 'token_unavailable', retryable: true, cause })
        if (connection === through) later(entry)
        await guard(() => entry.options.onError?.(error))
      }
    }
    return ask()
  }

  /** In the lane: a handler that is at work is waited for, so that what it has is not asked for again. */
  function queue(entry: Entry): void {
    if (entry.isQueued) return
    entry.isQueued = true
    entry.lane.put(() => subscribe(entry))
  }

  function release(entry: Entry): void {
    timers.clear(entry.retry)
    if (entry.id !== undefined) byId.delete(entry.id)
    entry.id = undefined
    routes.remove(entry)
    entry.acks?.pause()
  }

  function remove(entry: Entry, error?: ClientError): void {
    release(entry)
    entries.delete(entry)
    entry.isOver = true
    entry.regrant?.reject(error ?? new ClientError('The subscription has ended.', { code: 'closed' }))
    entry.regrant = undefined
  }

  function later(entry: Entry, atLeastMs = 0): void {
    // Half a snapshot is no state: the next time it is asked for whole.
    if (isHalf(entry)) forgetPosition(entry)
    release(entry)
    const delay = backoffDelay(entry.attempt++, settings.backoff, settings.random)
    entry.retry = timers.set(() => queue(entry), Math.max(delay, atLeastMs))
  }

  /** Takes leave of it at the gate; what still comes of it is for nobody. */
  function leave(entry: Entry): void {
    const { id } = entry
    if (!connection || id === undefined) return
    const request = connection.nextId()
    left.set(id, request)
    connection.send({ type: 'unsubscribe', id: request, subscription: id })
  }

  /** An error for who has left: the subscription was refused, or had ended, when the leave came. */
  function isForLeft(id: number): boolean {
    for (const [subscription, request] of left) {
      if (id === request) left.delete(subscription)
      if (id === request || id === subscription) return true
    }
    return false
  }

  function fail(entry: Entry, error: ClientError): void {
    leave(entry)
    remove(entry, error)
    void guard(() => entry.options.onError?.(error))
  }

  function restart(entry: Entry, error: ClientError): void {
    leave(entry)
    entry.misfits++
    entry.lane.drop((work) => typeof work !== 'function')
    later(entry)
    void guard(() => entry.options.onError?.(error))
  }

  function ended(entry: Entry, code: string | number | undefined): Promise<void> | undefined {
    if (code === 'token_expired' && typeof entry.options.token === 'function') {
      later(entry)
      return undefined
    }
    remove(entry)
    return guard(() => entry.options.onUnsubscribed?.({ code }))
  }

  function find(frame: SubscriptionFrame | NoticeFrame): Entry | undefined {
    if (frame.type === 'subscribed') return byId.get(frame.id)
    if (frame.type === 'message' || frame.type === 'batch' || frame.type === 'position')
      return routes.find(frame.channel)
    return frame.subscription === undefined ? undefined : byId.get(frame.subscription)
  }

  return {
    add(channel, options) {
      // What a handler is given is what the caller says that the channel holds.
      const given = options as unknown as SubscribeOptions
      const entry = createEntry({ channel, options: given, settings, backlog, handle, connection: () => connection })
      entries.add(entry)
      queue(entry)
      return {
        channel,
        get position() {
          return positionOf(entry)
        },
        get state() {
          return entry.state?.entries as never
        },
        update: (changes) => update(entry, changes, requests),
        unsubscribe() {
          if (!entries.has(entry)) return
          leave(entry)
          remove(entry)
          void guard(() => options.onUnsubscribed?.({}))
        },
      }
    },
    connected(fresh) {
      connection = fresh
      for (const entry of entries) queue(entry)
    },
    disconnected() {
      connection = undefined
      byId.clear()
      left.clear()
      routes.clear()
      for (const entry of entries) {
        if (isHalf(entry)) forgetPosition(entry)
        release(entry)
        entry.isChanging = false
        entry.untold = 0
        entry.isQueued = false
        entry.lane.drop(() => true)
      }
    },
    receive(frame, bytes) {
      if (frame.type === 'unsubscribed') left.delete(frame.subscription)
      const entry = find(frame)
      if (!entry) return
      if (frame.type === 'subscribed') routes.add(entry)
      if (frame.type === 'unsubscribed') {
        byId.delete(frame.subscription)
        routes.remove(entry)
      }
      entry.lane.put(frame, bytes)
    },
    onError(frame) {
      const entry = frame.id === undefined ? undefined : byId.get(frame.id)
      if (!entry) return frame.id !== undefined && isForLeft(frame.id)
      const error = new ClientError(frame.message, frame)
      if (error.retryable) later(entry, error.retryAfter)
      else remove(entry, error)
      void guard(() => entry.options.onError?.(error))
      return true
    },
    whenHandled(callback) {
      const busy = [...entries].filter(({ lane }) => lane.isBusy)
      let missing = busy.length
      if (missing === 0) return callback()
      for (const { lane } of busy) {
        lane.put(() => {
          if (--missing === 0) callback()
          return undefined
        })
      }
    },
    clear() {
      for (const entry of entries) {
        remove(entry)
        entry.lane.drop(() => true)
        void guard(() => entry.options.onUnsubscribed?.({}))
      }
    },
  }
}
