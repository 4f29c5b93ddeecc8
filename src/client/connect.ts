import { createBacklog } from './backlog.ts'
import type { Client, ClientState } from './client.ts'
import { planComeback } from './comeback.ts'
import { type Connection, type Ending, openConnection } from './connection.ts'
import { ClientError } from './error.ts'
import type { ErrorFrame, NoticeFrame, ServerFrame } from './frames.ts'
import { type HistoryOptions, historyOf } from './history.ts'
import { type ClientOptions, type Settings, settle } from './options.ts'
import { trackPublishes } from './publishes.ts'
import { trackRequests } from './requests.ts'
import { trackSubscriptions } from './subscriptions.ts'

const closedError = (): ClientError => new ClientError('The client is closed.', { code: 'closed' })

/**
 * Connects to the gate at `url` (such as `wss://host/ws`) and stays connected until `close` or a final refusal. Of several URLs it takes
 * one after the other, from any.
 */
export function connect(url: string | readonly string[], options: ClientOptions = {}): Client {
  const settings = settle(options)
  const { timers } = settings
  const stateListeners = new Set<(state: ClientState) => void>()
  const noticeListeners = new Set<(notice: NoticeFrame) => void>()
  const backlog = createBacklog()
  const requests = trackRequests(settings.maxPending)
  const subscriptions = trackSubscriptions({ settings, guard, backlog, requests })
  const publishes = trackPublishes(settings.maxPending, timers)
  const comeback = planComeback(settings)
  const urls = typeof url === 'string' ? [url] : url
  let turn = urls.length > 1 ? Math.floor(settings.random() * urls.length) : 0
  let state: ClientState = { state: 'connecting', attempt: 0 }
  let connection: Connection | undefined
  /** The gate answered once: from now on the client is one that comes back. */
  let wasConnected = false
  let connectedAt: number | undefined
  let timer: unknown

  function guard(handler: () => unknown): Promise<void> | undefined {
    const failed = (cause: unknown): void =>
      report(new ClientError('A handler threw.', { code: 'handler_failed', cause }))
    try {
      const result = handler()
      return isPromise(result) ? Promise.resolve(result).then(() => undefined, failed) : undefined
    } catch (cause) {
      failed(cause)
      return undefined
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
    for (const listener of stateListeners) void guard(() => listener(next))
  }

  function open(): void {
    enter({ state: 'connecting', attempt: comeback.attempt })
    const handlers = {
      onOpen: () => void greet(),
      onFrame: receive,
      onPing: (pong: () => void) => subscriptions.whenHandled(pong),
      onEnd: ended,
    }
    connection = openConnection(nextUrl(), settings, backlog, handlers, patienceAt(settings, comeback.attempt))
  }

  /** The gate lets those who come back in before those who come for the first time. */
  function nextUrl(): string {
    const next = urls[turn++ % urls.length] ?? ''
    return wasConnected ? `${next}${next.includes('?') ? '&' : '?'}resume=1` : next
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

  function receive(frame: ServerFrame, size: number): void {
    switch (frame.type) {
      case 'connected': {
        if (!connection || connectedAt !== undefined) return
        connectedAt = timers.now()
        wasConnected = true
        const { client, session, exactlyOnce = false } = frame
        enter({ state: 'connected', client, session, exactlyOnce })
        subscriptions.connected(connection)
        requests.connected(connection)
        publishes.connected(connection, frame.limits?.publishWindow)
        return
      }
      case 'published':
        publishes.answer(frame)
        return
      case 'updated':
      case 'history':
      case 'presence':
      case 'statistics':
        requests.answer(frame)
        return
      case 'error':
        refused(frame)
        return
      case 'notice':
        noticed(frame, size)
        return
      case 'subscribed':
      case 'snapshot':
      case 'message':
      case 'batch':
      case 'gone':
      case 'live':
      case 'position':
      case 'unsubscribed':
        subscriptions.receive(frame, size)
        return
      case 'refreshed':
      case 'ping':
    }
  }

  function refused(frame: ErrorFrame): void {
    if (publishes.answer(frame) || requests.answer(frame) || subscriptions.onError(frame)) return
    if (frame.retryAfter !== undefined) comeback.notBefore(frame.retryAfter)
    report(new ClientError(frame.message, frame))
  }

  function noticed(frame: NoticeFrame, size: number): void {
    const { code, reconnectAfter } = frame
    if (code === 'draining') {
      const delay = typeof reconnectAfter === 'number' ? Math.max(0, reconnectAfter) : 0
      comeback.drain(delay, () => connection?.end({ code: 4000, reason: 'the gate is draining' }))
    }
    if (code === 'expiring') void refresh()
    if (frame.subscription !== undefined) subscriptions.receive(frame, size)
    for (const listener of noticeListeners) void guard(() => listener(frame))
  }

  function ended({ code, reason }: Ending): void {
    connection = undefined
    if (state.state === 'closed') return
    subscriptions.disconnected()
    requests.disconnected()
    publishes.disconnected()
    const lived = connectedAt === undefined ? 0 : timers.now() - connectedAt
    connectedAt = undefined
    const retryInMs = comeback.after(code, lived)
    if (retryInMs === 'final') return finish(code, reason)
    timer = timers.set(open, retryInMs)
    enter({ state: 'waiting', retryInMs, code, reason })
  }

  function finish(code: number, reason: string): void {
    if (state.state === 'closed') return
    timers.clear(timer)
    comeback.stop()
    enter({ state: 'closed', code, reason })
    publishes.rejectAll(closedError())
    requests.rejectAll(closedError())
    subscriptions.clear()
    connection?.end({ code, reason })
  }

  /** Why nothing can be sent now, nor soon. */
  function whyNot(what: string): ClientError | undefined {
    if (state.state === 'closed') return closedError()
    if (state.state !== 'waiting') return undefined
    return new ClientError(`There is no connection; the ${what} was not sent.`, {
      code: 'disconnected',
      retryable: true,
    })
  }

  async function ask(...[make]: Parameters<typeof requests.ask>): ReturnType<typeof requests.ask> {
    const error = whyNot('request')
    if (error) throw error
    return requests.ask(make)
  }

  open()
  return {
    get state() {
      return state
    },
    subscribe(channel, subscribeOptions) {
      if (state.state === 'closed') throw closedError()
      return subscriptions.add(channel, subscribeOptions)
    },
    publish(channel, data, publishOptions = {}) {
      const error = whyNot('message')
      if (error && (error.code === 'closed' || publishOptions.messageId === undefined)) return Promise.reject(error)
      return publishes.add(channel, data, publishOptions)
    },
    async history<T>(channel: string, { from = 'earliest', limit = 100 }: HistoryOptions = {}) {
      return historyOf<T>(await ask((id) => ({ type: 'history', id, channel, from, limit })))
    },
    async presence(channel) {
      const reply = await ask((id) => ({ type: 'presence', id, channel }))
      return reply.type === 'presence' ? { clients: reply.clients, more: reply.more } : { clients: [], more: false }
    },
    async statistics(channel) {
      const reply = await ask((id) => ({ type: 'statistics', id, channel }))
      return reply.type === 'statistics'
        ? { clients: reply.clients, sessions: reply.sessions }
        : { clients: 0, sessions: 0 }
    },
    onState(listener) {
      stateListeners.add(listener)
      void guard(() => listener(state))
      return () => stateListeners.delete(listener)
    },
    onNotice(listener) {
      noticeListeners.add(listener)
      return () => noticeListeners.delete(listener)
    },
    close: () => finish(1000, 'closed by the client'),
  }
}

/** Who leaves a gate that thousands come back to leaves it the work of greeting nobody: each time it is waited for longer. */
const patienceAt = ({ connectTimeoutMs }: Settings, attempt: number): number =>
  connectTimeoutMs * 2 ** Math.min(attempt, 2)

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
