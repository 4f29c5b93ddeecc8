import type { WebSocket } from 'ws'
import { type Clock, ConnectError, type Logger } from '#api'
import { createBell } from '../common/bell.ts'
import { publicAddress } from '../common/http-words.ts'
import { type ConnectionSettings, startConnection } from './connection.ts'
import { type Cursor, compileSubscribe, withCursor } from './cursor.ts'
import { createFeedBuffer, type FeedMessage } from './feed-buffer.ts'
import { createGaps, type GapFacts } from './gaps.ts'

export interface FeedReaderOptions {
  readonly settings: ConnectionSettings & {
    readonly uri: string
    readonly subscribe: string | null
    readonly 'cursor.path': string | null
    readonly 'idle.timeout.ms': number
    readonly 'buffer.max.bytes': number
    readonly 'message.max.bytes': number
  }
  readonly clock: Clock
  readonly log: Logger
  /** The cursor in a message, null when there is none; throws `DataError`. */
  readonly cursorOf: (message: FeedMessage) => Cursor
  /** The cursor behind the last message that was shifted. */
  readonly cursor: () => Cursor
  /** Something of `facts` is new. */
  readonly changed: () => void
}

export interface FeedFacts extends GapFacts {
  readonly connected: boolean
  /** Reading has stopped because the buffer is full. */
  readonly paused: boolean
  readonly reason?: string
}

/** Keeps a feed connected and its messages in a bounded buffer; a full buffer stops the reading of the socket. */
export function startFeedReader({ settings, clock, log, cursorOf, cursor, changed }: FeedReaderOptions) {
  const endpoint = publicAddress(settings.uri)
  const subscribe = compileSubscribe(settings.subscribe)
  const buffer = createFeedBuffer(settings['buffer.max.bytes'])
  const bell = createBell(clock)
  const gaps = settings['cursor.path'] === null ? createGaps(clock) : undefined
  let socket: WebSocket | undefined
  let reason: string | undefined
  let lastMessage = 0

  /** Behind the newest message of all that have come. */
  const newestCursor = (): Cursor => {
    if (settings['cursor.path'] === null) return null
    for (const message of buffer.newestFirst()) {
      try {
        const found = cursorOf(message)
        if (found !== null) return found
      } catch (error) {
        // A bad message has no cursor; `poll` will say what is wrong with it.
        if (!ConnectError.is(error)) throw error
      }
    }
    return cursor()
  }

  const holdBack = (): void => {
    if (!socket || socket.isPaused || !buffer.isFull()) return
    socket.pause()
    gaps?.cut()
    log.warn({ endpoint, bytes: buffer.bytes() }, 'the buffer is full, the feed is not read')
    changed()
  }

  const watchIdle = async (ended: AbortSignal): Promise<void> => {
    const idle = settings['idle.timeout.ms']
    if (idle === 0) return
    while (!ended.aborted) {
      await clock.sleep(Math.max(1, idle / 4), ended)
      if (socket?.isPaused) lastMessage = clock.now()
      if (!ended.aborted && clock.now() - lastMessage > idle) connection.reconnect(`no message came for ${idle} ms`)
    }
  }

  const connection = startConnection({
    settings,
    url: () => withCursor(settings.uri, newestCursor()),
    maxPayload: settings['message.max.bytes'],
    clock,
    log,
    opened(opened, ended) {
      socket = opened
      reason = undefined
      lastMessage = clock.now()
      for (const message of subscribe(newestCursor())) opened.send(message)
      log.info({ endpoint }, 'connected')
      changed()
      holdBack()
      void watchIdle(ended)
    },
    message(data) {
      lastMessage = clock.now()
      buffer.push({ data, receivedAt: lastMessage })
      if (gaps?.seen(lastMessage)) changed()
      holdBack()
      bell.ring()
    },
    closed(why, wasOpen) {
      socket = undefined
      reason = why
      if (wasOpen) gaps?.cut()
      changed()
    },
  })

  return {
    peek: buffer.peek,
    /** Drops the oldest message, and reads on when there is room again. */
    shift(): void {
      buffer.shift()
      if (!socket?.isPaused || !buffer.isLow()) return
      lastMessage = clock.now()
      socket.resume()
      log.info({ endpoint }, 'the feed is read again')
      changed()
    },
    /** Resolves when a message came, after `ms`, or when `signal` aborts. */
    wait: bell.wait,
    facts: (): FeedFacts => ({
      connected: socket !== undefined,
      paused: socket?.isPaused ?? false,
      ...(reason === undefined ? {} : { reason }),
      ...gaps?.facts(),
    }),
    stop: connection.stop,
  }
}
