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

/** Frames over a stream of bytes: in order, bounded, and watched. */
export interface Line {
  send(message: object): void
  /** A frame that was made already, and may be shared by several lines. */
  sendFrame(frame: Buffer): void
  /** What waits (bytes) for the other end to take in what was sent before. */
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
  /** All that waited was taken. */
  onDrained?(): void
  /** Called once, whoever ended it. */
  onClosed(reason: Error): void
}

const maxFrameBytes = 64 * 1024 * 1024
/** What a frame that waits costs beside its bytes. */
const frameCost = 256
const missedBeats = 3

export function openLine(options: LineOptions): Line {
  const { duplex, limits, clock, log } = options
  const life = new AbortController()
  let waitingFrames = 0
  let silentBeats = 0
  let isCorked = false

  const queued = (): number => duplex.writableLength + waitingFrames * frameCost
  const written = (): void => {
    if (--waitingFrames === 0 && !life.signal.aborted) options.onDrained?.()
  }
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
    waitingFrames++
    duplex.write(frame, written)
  }
  const end = (reason: Error): void => {
    if (life.signal.aborted) return
    life.abort()
    duplex.destroy()
    options.onClosed(reason)
  }
  const sendFrame = (frame: Buffer): void => {
    if (life.signal.aborted) return
    write(frame)
    if (queued() > limits.maxQueuedBytes)
      end(new LinkError(`More than ${limits.maxQueuedBytes} bytes wait for the other end of the link.`))
  }
  const take = (kind: FrameKind, body: Buffer): void => {
    if (life.signal.aborted) return
    switch (kind) {
      case 'ping':
        // What waits already tells as much, and does not grow with pings of one that does not read.
        if (duplex.writableLength === 0) write(pong)
        return
      case 'pong':
        return
      case 'message':
        return options.onMessage(parseMessage(body))
      case 'batch':
      case 'past':
      case 'seeds':
        return options.onFrame(kind, body)
    }
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
      if (duplex.writableLength === 0) write(ping)
    }
  }
  void beat()

  return {
    send: (message) => sendFrame(makeFrame('message', writeMessage(message))),
    sendFrame,
    queued,
    close: end,
    get isClosed() {
      return life.signal.aborted
    },
  }
}

const [ping, pong] = [makeFrame('ping', Buffer.alloc(0)), makeFrame('pong', Buffer.alloc(0))]
