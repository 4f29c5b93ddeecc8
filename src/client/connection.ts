import type { Backlog } from './backlog.ts'
import type { ClientFrame, ConnectedFrame, ServerFrame } from './frames.ts'
import type { Settings, WebSocketLike } from './options.ts'

/** Why a connection ended: the socket's close code, or the client's own word. */
export interface Ending {
  readonly code: number
  readonly reason: string
}

export interface Connection {
  /** An id that no other frame of this connection has. */
  nextId(): number
  send(frame: ClientFrame): void
  /** Sends a frame that is JSON already. */
  sendText(text: string): void
  /** Closes the socket and forgets it at once, without waiting for the other side; `onEnd` is called. */
  end(ending: Ending): void
}

export interface ConnectionHandlers {
  /** The socket is open; the first frame may be sent. */
  onOpen(): void
  /** `size`: of its text. Not called for a `ping`. */
  onFrame(frame: ServerFrame, size: number): void
  /** Calls back when everything before it was handled, so that the gate feels how slow the handlers are. */
  onPing(pong: () => void): void
  /** Called once. */
  onEnd(ending: Ending): void
}

/** One socket from opening to end: notices when nothing comes any more, and reads no more than handlers take. Made anew for each attempt. */
export function openConnection(
  url: string,
  settings: Settings,
  backlog: Backlog,
  handlers: ConnectionHandlers,
  connectTimeoutMs = settings.connectTimeoutMs,
): Connection {
  const { timers, WebSocket } = settings
  let ended = false
  let lastId = 0
  let heardAt = timers.now()
  let patience = connectTimeoutMs
  let connected = false
  let isPaused = false
  const socket: WebSocketLike = new WebSocket(url, 'tidegate.v1')
  let watch = timers.set(look, patience)

  // One timer for the whole life: it looks when the patience is over and sleeps again for what is left.
  function look(): void {
    if (isPaused) heardAt = timers.now()
    const left = heardAt + patience - timers.now()
    if (left > 0) watch = timers.set(look, left)
    else if (connected) end({ code: 4000, reason: 'nothing came from the gate for too long' })
    else end({ code: 4000, reason: 'the gate did not answer in time' })
  }

  function end(ending: Ending): void {
    if (ended) return
    finish(ending)
    // The close frame of the other side has to be read.
    if (isPaused) socket.resume?.()
    socket.close(1000)
  }

  function finish(ending: Ending): void {
    if (ended) return
    ended = true
    timers.clear(watch)
    handlers.onEnd(ending)
  }

  function greet({ ping }: ConnectedFrame): void {
    connected = true
    patience = ping ? ping.interval + ping.timeout : Number.POSITIVE_INFINITY
    timers.clear(watch)
    if (ping) watch = timers.set(look, patience)
  }

  function holdBack(): void {
    if (backlog.bytes > settings.maxBacklog) return end({ code: 4000, reason: 'the handlers are too far behind' })
    if (isPaused || !socket.pause || backlog.bytes <= settings.maxBacklog / 8) return
    isPaused = true
    socket.pause()
    backlog.whenBelow(settings.maxBacklog / 16, () => {
      isPaused = false
      heardAt = timers.now()
      if (!ended) socket.resume?.()
    })
  }

  const sendText = (text: string): void => {
    if (!ended) socket.send(text)
  }
  const send = (frame: ClientFrame): void => sendText(JSON.stringify(frame))

  socket.addEventListener('open', () => {
    if (!ended) handlers.onOpen()
  })
  socket.addEventListener('message', (event: { readonly data: unknown }) => {
    if (ended) return
    // Before `connected` only the handshake counts: a gate that sends something else must not keep us waiting for ever.
    if (connected) heardAt = timers.now()
    const text = String(event.data)
    settings.onFrame?.(text)
    const frame = parse(text)
    if (!frame) return end({ code: 4000, reason: 'the gate sent what is no frame' })
    if (frame.type === 'ping') handlers.onPing(() => send({ type: 'pong' }))
    else if (frame.type === 'connected') {
      heardAt = timers.now()
      greet(frame)
      handlers.onFrame(frame, text.length)
    } else {
      handlers.onFrame(frame, text.length)
      holdBack()
    }
  })
  // A failed handshake is told by `close`; some sockets throw when an `error` has no listener.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', (event: { readonly code: number; readonly reason?: string }) =>
    finish({ code: event.code, reason: event.reason ?? '' }),
  )

  return { nextId: () => ++lastId, send, sendText, end }
}

function parse(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text)
    return typeof frame === 'object' && frame !== null && 'type' in frame ? (frame as ServerFrame) : undefined
  } catch {
    return undefined
  }
}
