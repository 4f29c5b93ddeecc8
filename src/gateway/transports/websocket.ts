import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Form } from '../client.ts'
import type { Link } from '../client-link.ts'
import { type CloseName, closeCodes } from '../codes.ts'
import { pump } from '../delivery/pump.ts'
import { createTextForm, type TextForms } from '../forms/text-form.ts'
import type { Gate } from '../gate.ts'
import { createMessageEnds } from '../limits/message-ends.ts'
import { openSession, type SessionOptions } from '../session.ts'
import { deflatedFrame, textFrame } from './text-frame.ts'

/** `tidegate.v1` over WebSocket. */
export interface WebSocketTransport {
  /** Takes over a request whose path, origin and limits were checked. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void
}

/** What a client showed of itself before its first frame. */
export type Caller = Pick<SessionOptions, 'token' | 'certified'>

export type WebSocketIndexes = TextForms['indexes'] & { readonly deflated: number }

/** How long (ms) a client has to read what waits for it and the close frame behind it. */
const lingerMs = 5000

/** What `ws` closes with by itself, in the protocol's words. */
const ownCodes: Readonly<Record<number, CloseName>> = {
  1002: 'bad_frame',
  1007: 'bad_frame',
  1008: 'bad_frame',
  1009: 'frame_too_large',
}
/** How many pieces a message, and the packets of a frame, may always have; an empty one costs as much as a full one. */
const leastPieces = 4096

export function createWebSocketTransport(gate: Gate, indexes: WebSocketIndexes): WebSocketTransport {
  const { limits, compression } = gate.settings
  const plain = createTextForm({ frame: textFrame, indexes })
  const deflated = createTextForm({
    frame: textFrame,
    shared: deflatedFrame(limits.messageBytes),
    indexes: { ...indexes, plain: indexes.deflated },
    uncompressed: plain,
  })
  const options = {
    noServer: true,
    clientTracking: false,
    // By itself it would cut a client that sends many, without a word.
    autoPong: false,
    // What others keep for each connection to compress with is not needed.
    perMessageDeflate:
      compression === 'channel' ? { serverNoContextTakeover: true, clientNoContextTakeover: true } : false,
    maxPayload: limits.frameBytes,
    maxFragments: leastPieces,
    maxBufferedChunks: Math.max(leastPieces, limits.frameBytes / 256),
    closeTimeout: lingerMs,
    handleProtocols: (offered: Set<string>) => (offered.has('tidegate.v1') ? 'tidegate.v1' : false),
  }
  // A variable, since the package's types do not know `closeTimeout` yet.
  const server = new WebSocketServer(options)

  /** Those whose clients take frames that were compressed for all. */
  const deflating = new WeakSet<IncomingMessage>()
  server.on('headers', (headers, request) => {
    const extension = headers.find((line) => /^Sec-WebSocket-Extensions: permessage-deflate/i.test(line))
    // A smaller window than ours would not do.
    if (extension !== undefined && !extension.includes('server_max_window_bits')) deflating.add(request)
  })

  const open = (websocket: WebSocket, socket: Duplex, form: Form, caller: Caller): void => {
    const close = websocket.close.bind(websocket)
    // A TCP or TLS socket, in tests perhaps another.
    const counted = socket as Duplex & { readonly bytesRead?: number; readonly bytesWritten?: number }
    websocket.close = (code, reason) => {
      // Without a reason it is for an error of the client, with one the echo of its own close frame.
      const own = reason === undefined ? ownCodes[code ?? 0] : undefined
      if (own) return session.fail(own)
      session.left()
      close(code, reason)
    }
    const ends = createMessageEnds()
    socket.on('data', ends.took)
    let isCorked = false
    const uncork = (): void => {
      isCorked = false
      socket.uncork()
    }
    /** Answers to many publishes come in one burst of promises: they leave together when it is over. */
    const corkForThisTurn = (): void => {
      if (isCorked) return
      isCorked = true
      socket.cork()
      process.nextTick(uncork)
    }
    const link: Link = {
      buffered: () => socket.writableLength,
      // Whole frames, each in one write: those that ws sends by itself fall between them.
      write: (bytes) => void socket.write(bytes),
      reply(bytes) {
        corkForThisTurn()
        socket.write(bytes)
      },
      close(name) {
        // The client's own close frame has to be read.
        websocket.resume()
        close(closeCodes[name].code, name)
      },
      received: () => counted.bytesRead ?? 0,
      sent: () => counted.bytesWritten ?? 0,
      unended: ends.unended,
      pause: () => websocket.pause(),
      resume: () => websocket.resume(),
      destroy: () => websocket.terminate(),
    }
    const session = openSession(gate, { link, form, frame: textFrame, ...caller })
    gate.connections.add(session)
    websocket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) session.fail('bad_frame')
      else inOneWrite(socket, () => session.receive(data.toString()))
    })
    websocket.on('ping', (data) => {
      session.control()
      if (!session.client.closed) websocket.pong(data)
    })
    websocket.on('pong', () => session.control())
    websocket.on('error', (error) => gate.log.debug({ err: error }, 'connection failed'))
    websocket.on('close', () => gate.connections.remove(session))
    socket.on('drain', () => {
      const now = gate.clock.now()
      for (const subscription of session.client.subscriptions.values()) gate.delivered(pump(subscription, now))
    })
  }

  return {
    upgrade(request, socket, head, caller) {
      server.handleUpgrade(request, socket, head, (websocket) => {
        open(websocket, socket, deflating.has(request) ? deflated : plain, caller)
      })
    },
  }
}

/** What is written meanwhile leaves together. */
function inOneWrite(socket: Duplex, work: () => void): void {
  socket.cork()
  try {
    work()
  } finally {
    socket.uncork()
  }
}
