import type { BackoffOptions } from './backoff.ts'
import type { ClientError } from './error.ts'

/** What the client needs of a WebSocket; the browser's and that of `ws` have it. */
export interface WebSocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  /** Not in browsers: reading stops while handlers are behind. */
  pause?(): void
  resume?(): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason?: string }) => void): void
}

export type WebSocketConstructor = new (url: string, protocols?: string) => WebSocketLike

/** Time as a parameter, so that tests need not wait. */
export interface Timers {
  /** Milliseconds, from any start. */
  now(): number
  set(callback: () => void, ms: number): unknown
  clear(handle: unknown): void
}

export interface ClientOptions {
  /** A token, or how to get one: asked before each connection and whenever the gate says that the last one expires; five refused in a row end the client, a text that is refused does so at once. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined
  /** Names this producer, so that a `messageId` makes a retry safe across connections. */
  readonly producer?: string | undefined
  /** Default: `globalThis.WebSocket`. Node 20 has none: pass that of `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined
  readonly backoff?: BackoffOptions | undefined
  /** How long (ms) a connection may take until the gate has answered `connected`; the next may take twice, further ones four times as long. Default: 10000. */
  readonly connectTimeoutMs?: number | undefined
  /** The most publishes, and the most requests, without an answer; one more is rejected as `too_many_pending`. Default: 1000. */
  readonly maxPending?: number | undefined
  /** The most entries of a snapshot; a bigger one ends its subscription as `snapshot_too_large`. Default: 100000. */
  readonly maxSnapshotEntries?: number | undefined
  /**
   * The most (characters) that waits for handlers which return promises. Where the socket can be paused it is at an eighth of that; else
   * the connection ends beyond it and is made again, from the last message that was handled. Default: 16 Mi.
   */
  readonly maxBacklog?: number | undefined
  /** What went wrong and belongs to no call: an error without an id, no token, a handler that threw. */
  readonly onError?: ((error: ClientError) => void) | undefined
  /** Sees the text of every frame as it came, for figures. */
  readonly onFrame?: ((text: string) => void) | undefined
  readonly timers?: Timers | undefined
  readonly random?: (() => number) | undefined
}

/** The options with their defaults. */
export interface Settings extends ClientOptions {
  readonly WebSocket: WebSocketConstructor
  readonly backoff: BackoffOptions
  readonly connectTimeoutMs: number
  readonly maxPending: number
  readonly maxSnapshotEntries: number
  readonly maxBacklog: number
  readonly timers: Timers
  readonly random: () => number
}

const realTimers: Timers = {
  now: () => Date.now(),
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
}

/** Fills in the defaults; throws when there is no WebSocket to be had. */
export function settle(options: ClientOptions): Settings {
  const WebSocket = options.WebSocket ?? (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket
  if (!WebSocket) {
    throw new TypeError('This runtime has no WebSocket: pass a constructor as options.WebSocket, such as that of "ws".')
  }
  return {
    ...options,
    WebSocket,
    backoff: options.backoff ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    maxPending: options.maxPending ?? 1000,
    maxSnapshotEntries: options.maxSnapshotEntries ?? 100_000,
    maxBacklog: options.maxBacklog ?? 16 * 1024 * 1024,
    timers: options.timers ?? realTimers,
    random: options.random ?? Math.random,
  }
}
