import { type ClientOptions, WebSocket } from 'ws'
import { type Clock, type Logger, messageOf, type Password } from '#api'
import { backoffDelay } from '../../util/backoff.ts'
import { parseHeaders } from '../common/http-words.ts'

/** A connection that lasted this long (ms) starts the back-off anew. */
const steadyMs = 5000
/** How long (ms) the other side may take to answer a close. */
const closeMs = 500

export interface ConnectionSettings {
  readonly headers: Password | null
  readonly subprotocol: readonly string[]
  readonly 'handshake.timeout.ms': number
  readonly 'ping.interval.ms': number
  readonly 'reconnect.initial.ms': number
  readonly 'reconnect.max.ms': number
}

export interface ConnectionOptions {
  readonly settings: ConnectionSettings
  /** Asked before each attempt. */
  url(): string
  /** The most bytes of a message; a longer one breaks the connection. */
  readonly maxPayload: number
  readonly clock: Clock
  readonly log: Logger
  /** A new socket is open. `ended` aborts when it no longer is. */
  opened(socket: WebSocket, ended: AbortSignal): void
  message(data: Buffer, isBinary: boolean): void
  /** The connection broke (`wasOpen`) or an attempt failed; the next comes by itself. */
  closed(reason: string, wasOpen: boolean): void
}

export interface Connection {
  /** Gives up the present connection; the next is tried after the back-off. */
  readonly reconnect: (reason: string) => void
  /** Closes and leaves nothing open. */
  readonly stop: () => Promise<void>
}

/** Keeps one WebSocket connection up: it connects again after each break, with full-jitter back-off, until it is stopped. */
export function startConnection(options: ConnectionOptions): Connection {
  const { settings, clock, log } = options
  const stopping = new AbortController()
  let breakOff: ((reason: string) => void) | undefined

  /** One connection from handshake to end; resolves when the socket is closed. */
  const connectOnce = async (): Promise<{ reason: string; wasOpen: boolean }> => {
    let socket: WebSocket
    try {
      socket = createSocket(options.url(), settings, options.maxPayload)
    } catch (error) {
      return { reason: messageOf(error), wasOpen: false }
    }
    const ended = new AbortController()
    let reason = ''
    let wasOpen = false
    breakOff = (why) => {
      reason ||= why
      socket.terminate()
    }
    const stop = () =>
      socket.readyState === WebSocket.OPEN && !socket.isPaused ? socket.close(1000) : socket.terminate()
    stopping.signal.addEventListener('abort', stop, { once: true })
    socket.on('open', () => {
      wasOpen = true
      options.opened(socket, ended.signal)
      void keepAlive(socket, ended.signal)
    })
    socket.on('message', (data, isBinary) => options.message(data as Buffer, isBinary))
    socket.on('error', (error) => {
      reason ||= error.message
    })
    return new Promise((resolve) => {
      socket.on('close', (code, text) => {
        ended.abort()
        stopping.signal.removeEventListener('abort', stop)
        resolve({ reason: reason || `closed with code ${code} ${text.toString()}`.trim(), wasOpen })
      })
    })
  }

  const keepAlive = async (socket: WebSocket, ended: AbortSignal): Promise<void> => {
    const interval = settings['ping.interval.ms']
    if (interval === 0) return
    let answered = true
    socket.on('pong', () => {
      answered = true
    })
    while (!ended.aborted) {
      await clock.sleep(interval, ended)
      if (ended.aborted || socket.readyState !== WebSocket.OPEN) continue
      // A paused socket reads no pong: silence says nothing then.
      if (!answered && !socket.isPaused) breakOff?.('no pong came')
      answered = socket.isPaused
      socket.ping()
    }
  }

  const run = async (): Promise<void> => {
    let attempt = 0
    while (!stopping.signal.aborted) {
      const began = clock.now()
      const { reason, wasOpen } = await connectOnce()
      if (stopping.signal.aborted) return
      if (wasOpen && clock.now() - began >= steadyMs) attempt = 0
      const delay = backoffDelay(attempt++, {
        initialMs: settings['reconnect.initial.ms'],
        maxMs: settings['reconnect.max.ms'],
        jitter: 1,
      })
      log.warn({ reason, attempt, delay }, wasOpen ? 'the connection broke' : 'the connection could not be made')
      options.closed(reason, wasOpen)
      await clock.sleep(delay, stopping.signal)
    }
  }

  const running = run()
  return {
    reconnect: (reason) => breakOff?.(reason),
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function createSocket(url: string, settings: ConnectionSettings, maxPayload: number): WebSocket {
  // @types/ws does not know closeTimeout (ws 8.19).
  const options: ClientOptions & { closeTimeout: number } = {
    headers: settings.headers === null ? {} : parseHeaders(settings.headers.reveal()),
    handshakeTimeout: settings['handshake.timeout.ms'],
    maxPayload,
    perMessageDeflate: false,
    closeTimeout: closeMs,
  }
  return new WebSocket(url, [...settings.subprotocol], options)
}
