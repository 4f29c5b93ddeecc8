import { backoffDelay } from './backoff.ts'
import { type Connection, type Ending, openConnection } from './connection.ts'
import { ClientError } from './error.ts'
import type { NoticeFrame, ServerFrame } from './frames.ts'
import { type ClientOptions, settle } from './options.ts'
import { type Published, type PublishOptions, trackPublishes } from './publishes.ts'
import { type SubscribeOptions, type Subscription, trackSubscriptions } from './subscriptions.ts'

export type ClientState =
  | { readonly state: 'connecting'; readonly attempt: number }
  /** `client` is the token's subject or a random id; `session` is this connection. */
  | { readonly state: 'connected'; readonly client: string; readonly session: string; readonly exactlyOnce: boolean }
  /** Comes back after `retryInMs`. */
  | { readonly state: 'waiting'; readonly retryInMs: number; readonly code: number; readonly reason: string }
  /** Does not come back. */
  | { readonly state: 'closed'; readonly code: number; readonly reason: string }

export interface Client {
  readonly state: ClientState
  subscribe(channel: string, options: SubscribeOptions): Subscription
  /**
   * Resolves when the message is in Kafka. Rejects with a `ClientError`: what the gate answered (`code`, `field`, `retryable`; with a
   * `messageId` only what is final, since the client sends it again until then), or `disconnected` when the connection ended and no `messageId` makes it safe to send the message again.
   */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<Published>
  /** Calls the listener now and at each change; returns how to stop that. */
  onState(listener: (state: ClientState) => void): () => void
  /** What the gate tells all its clients: `stale`, `fresh`, `draining` … */
  onNotice(listener: (notice: NoticeFrame) => void): () => void
  /** Ends all; it may be called twice. */
  close(): void
}

/** A connection that has lived this long (ms) was a good one: the next back-off begins at the beginning. */
const stableMs = 5000
/** `token_expired` and `bad_token`: with a function there may be a better token next time. */
const tokenRefusals = [4501, 4502]
const maxTokenRefusals = 5

/** Connects to the gate at `url` (such as `wss://host/ws`) and stays connected until `close` or a final refusal. */
export function connect(url: string, options: ClientOptions = {}): Client {
  const settings = settle(options)
  const { timers } = settings
  const stateListeners = new Set<(state: ClientState) => void>()
  const noticeListeners = new Set<(notice: NoticeFrame) => void>()
  const subscriptions = trackSubscriptions(settings, guard)
  const publishes = trackPublishes(settings.maxPending, timers)
  let state: ClientState = { state: 'connecting', attempt: 0 }
  let connection: Connection | undefined
  let attempt = 0
  /** Since a connection lived for a while. */
  let tokensRefused = 0
  let connectedAt: number | undefined
  let timer: unknown
  let drain: { readonly at: number; readonly timer: unknown } | undefined

  function guard(handler: () => void): void {
    try {
      handler()
    } catch (cause) {
      report(new ClientError('A handler threw.', { code: 'handler_failed', cause }))
    }
  }

  function report(error: ClientError): void {
    if (settings.onError) settings.onError(error)
    // Nobody listens: as an uncaught error it is seen.
    else
      queueMicrotask(() => {
        throw error
      })
  }

  function enter(next: ClientState): void {
    state = next
    for (const listener of stateListeners) guard(() => listener(next))
  }

  function open(): void {
    enter({ state: 'connecting', attempt })
    connection = openConnection(url, settings, {
      onOpen: () => void greet(),
      onFrame: receive,
      onEnd: ended,
    })
  }

  async function askToken(): Promise<string | undefined> {
    return typeof settings.token === 'function' ? settings.token() : settings.token
  }

  async function greet(): Promise<void> {
    const greeted = connection
    try {
      const token = await askToken()
      greeted?.send({ type: 'connect', id: greeted.nextId(), token, producer: settings.producer })
    } catch (cause) {
      report(new ClientError('No token could be had.', { code: 'token_unavailable', retryable: true, cause }))
      greeted?.end({ code: 4000, reason: 'no token could be had' })
    }
  }

  async function refresh(): Promise<void> {
    if (typeof settings.token !== 'function') return
    const refreshed = connection
    try {
      const token = await askToken()
      if (token !== undefined) refreshed?.send({ type: 'refresh', id: refreshed.nextId(), token })
    } catch (cause) {
      report(new ClientError('No new token could be had.', { code: 'token_unavailable', retryable: true, cause }))
    }
  }

  function receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'connected': {
        if (!connection || connectedAt !== undefined) return
        connectedAt = timers.now()
        const { client, session, exactlyOnce = false } = frame
        enter({ state: 'connected', client, session, exactlyOnce })
        subscriptions.connected(connection)
        publishes.connected(connection, frame.limits?.publishWindow)
        return
      }
      case 'subscribed':
        return subscriptions.onSubscribed(frame)
      case 'snapshot':
        return subscriptions.onSnapshot(frame)
      case 'message':
        return subscriptions.onMessage(frame)
      case 'position':
        return subscriptions.onPosition(frame)
      case 'unsubscribed':
        return subscriptions.onUnsubscribed(frame)
      case 'published':
        publishes.answer(frame)
        return
      case 'error':
        if (!publishes.answer(frame) && !subscriptions.onError(frame)) report(new ClientError(frame.message, frame))
        return
      case 'notice':
        if (frame.code === 'draining') drained(frame)
        if (frame.code === 'expiring') void refresh()
        for (const listener of noticeListeners) guard(() => listener(frame))
        return
      case 'refreshed':
      case 'ping':
    }
  }

  const leave = (): void => connection?.end({ code: 4000, reason: 'the gate is draining' })

  /** The gate goes away: leave it when it said, unless it closes before. */
  function drained({ reconnectAfter }: NoticeFrame): void {
    const delay = typeof reconnectAfter === 'number' ? Math.max(0, reconnectAfter) : 0
    if (drain) timers.clear(drain.timer)
    drain = { at: timers.now() + delay, timer: timers.set(leave, delay) }
  }

  function ended({ code, reason }: Ending): void {
    connection = undefined
    if (state.state === 'closed') return
    subscriptions.disconnected()
    publishes.disconnected()
    const lived = connectedAt === undefined ? 0 : timers.now() - connectedAt
    connectedAt = undefined
    if (lived >= stableMs) {
      attempt = 0
      tokensRefused = 0
    }
    if (isFinal(code)) return finish(code, reason)
    const hint = drain ? Math.max(0, drain.at - timers.now()) : 0
    if (drain) timers.clear(drain.timer)
    drain = undefined
    const retryInMs = hint + backoffDelay(attempt++, settings.backoff, settings.random)
    timer = timers.set(open, retryInMs)
    enter({ state: 'waiting', retryInMs, code, reason })
  }

  function isFinal(code: number): boolean {
    if (typeof settings.token === 'function' && tokenRefusals.includes(code)) return ++tokensRefused >= maxTokenRefusals
    return code >= 4500 && code <= 4999
  }

  function finish(code: number, reason: string): void {
    if (state.state === 'closed') return
    timers.clear(timer)
    if (drain) timers.clear(drain.timer)
    enter({ state: 'closed', code, reason })
    publishes.rejectAll(new ClientError('The client is closed.', { code: 'closed' }))
    subscriptions.clear()
    connection?.end({ code, reason })
  }

  open()
  return {
    get state() {
      return state
    },
    subscribe(channel, subscribeOptions) {
      if (state.state === 'closed') throw new ClientError('The client is closed.', { code: 'closed' })
      return subscriptions.add(channel, subscribeOptions)
    },
    publish(channel, data, publishOptions = {}) {
      if (state.state === 'closed') {
        return Promise.reject(new ClientError('The client is closed.', { code: 'closed' }))
      }
      if (state.state === 'waiting' && publishOptions.messageId === undefined) {
        const message = 'There is no connection; the message was not sent.'
        return Promise.reject(new ClientError(message, { code: 'disconnected', retryable: true }))
      }
      return publishes.add(channel, data, publishOptions)
    },
    onState(listener) {
      stateListeners.add(listener)
      guard(() => listener(state))
      return () => stateListeners.delete(listener)
    },
    onNotice(listener) {
      noticeListeners.add(listener)
      return () => noticeListeners.delete(listener)
    },
    close: () => finish(1000, 'closed by the client'),
  }
}
