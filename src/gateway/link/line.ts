import type { Duplex } from 'node:stream'
import type { Clock, Logger } from '#api'
import { createFrameReader, type FrameKind, makeFrame } from './framing.ts'
import { LinkError } from './link-error.ts'
import { parseMessage, writeMessage } from './message-text.ts'

/** What a link may cost, at either end. */
export interface LineLimits {
  /** What may wait at this end for one that does not keep up; beyond it the link is cut, and begins anew. */
  readonly maxQueuedBytes: number
  /** How often (ms) something has to come; without it for three times as long the link counts as dead. */
  readonly heartbeatMs: number
}

/** Frames over a stream of bytes: in order, with credit, and watched. */
export interface Line {
  send(message: object): void
  /** A frame that was made already, and may be shared by several lines. */
  sendFrame(frame: Buffer): void
  /** Bytes that wait for the other end to take in what was sent before. */
  queued(): number
  /** Idempotent. */
  close(reason: LinkError): void
  readonly isClosed: boolean
}

export interface LineOptions {
  readonly duplex: Duplex
  readonly limits: LineLimits
  readonly clock: Clock
  readonly log: Logger
  onMessage(message: unknown): void
  onFrame(kind: 'batch' | 'past' | 'seeds', body: Buffer): void
  /** All that waited was sent. */
  onDrained?(): void
  /** Called once, whoever ended it. */
  onClosed(reason: Error): void
}

const maxFrameBytes = 64 * 1024 * 1024
/** How much may be on the way, and after how much the other end says that it has taken it in. */
const [windowBytes, creditBytes] = [4 * 1024 * 1024, 256 * 1024]
const missedBeats = 3

export function openLine(options: LineOptions): Line {
  const { duplex, limits, clock, log } = options
  const life = new AbortController()
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let onTheWay = 0
  let taken = 0
  let silentBeats = 0
  let isCorked = false

  const write = (frame: Buffer): void => {
    if (!isCorked) {
      isCorked = true
      duplex.cork()
      // What is sent in one turn goes out in one piece.
      process.nextTick(() => {
        isCorked = false
        duplex.uncork()
      })
    }
    duplex.write(frame)
  }
  const end = (reason: Error): void => {
    if (life.signal.aborted) return
    life.abort()
    waiting.length = 0
    waitingBytes = 0
    duplex.destroy()
    options.onClosed(reason)
  }
  const sendFrame = (frame: Buffer): void => {
    if (life.signal.aborted) return
    if (waiting.length === 0 && onTheWay < windowBytes) {
      onTheWay += frame.length
      return write(frame)
    }
    waiting.push(frame)
    waitingBytes += frame.length
    if (waitingBytes > limits.maxQueuedBytes)
      end(new LinkError(`More than ${limits.maxQueuedBytes} bytes wait for the other end of the link.`))
  }
  const credit = (bytes: number): void => {
    onTheWay -= bytes
    let sent = 0
    for (let frame = waiting[sent]; frame && onTheWay < windowBytes; frame = waiting[sent]) {
      sent++
      onTheWay += frame.length
      waitingBytes -= frame.length
      write(frame)
    }
    waiting.splice(0, sent)
    if (waiting.length === 0) options.onDrained?.()
  }
  const take = (kind: FrameKind, body: Buffer, bytes: number): void => {
    if (life.signal.aborted) return
    switch (kind) {
      case 'ping':
        return write(makeFrame('pong', nothing))
      case 'pong':
        return
      case 'credit':
        if (body.length < 4) throw new LinkError('A credit of the link is cut short.')
        return credit(body.readUInt32BE(0))
      case 'message':
        options.onMessage(parseMessage(body))
        break
      case 'batch':
      case 'past':
      case 'seeds':
        options.onFrame(kind, body)
        break
    }
    taken += bytes
    if (taken < creditBytes) return
    const given = Buffer.alloc(4)
    given.writeUInt32BE(taken)
    taken = 0
    write(makeFrame('credit', given))
  }
  const read = createFrameReader(maxFrameBytes, take)
  duplex.on('data', (chunk: Buffer) => {
    silentBeats = 0
    try {
      if (!life.signal.aborted) read(chunk)
    } catch (error) {
      log.error({ err: error }, 'link cut: what came over it cannot be taken')
      end(error instanceof Error ? error : new LinkError('The link failed.'))
    }
  })
  duplex.on('error', end)
  duplex.on('close', () => end(new LinkError('The link was closed.')))
  duplex.on('end', () => end(new LinkError('The other end closed the link.')))

  const beat = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(limits.heartbeatMs, life.signal)
      if (life.signal.aborted) return
      // Beats are counted, not time: a process that stood still has not missed anything.
      if (++silentBeats > missedBeats) return end(new LinkError('Nothing came over the link for too long.'))
      write(makeFrame('ping', nothing))
    }
  }
  void beat()

  return {
    send: (message) => sendFrame(makeFrame('message', writeMessage(message))),
    sendFrame,
    queued: () => waitingBytes,
    close: end,
    get isClosed() {
      return life.signal.aborted
    },
  }
}

const nothing = Buffer.alloc(0)
