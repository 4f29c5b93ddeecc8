import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

type Frame = Record<string, unknown> & { readonly type: string }

/** A client that handles one frame after the other, and reads nothing meanwhile. */
export interface SlowClient {
  /** What it has handled, with the time. */
  readonly handled: readonly { readonly frame: Frame; readonly at: number }[]
  readonly closed: string | undefined
  of(type: string): Frame[]
  end(): Promise<void>
}

export function openSlowClient(url: string, subscribe: object, handleMs: number): SlowClient {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  const handled: { frame: Frame; at: number }[] = []
  /** What came in the piece that was read last. */
  const queue: Frame[] = []
  let working = false
  let closed: string | undefined
  const work = async (): Promise<void> => {
    working = true
    socket.pause()
    for (let frame = queue.shift(); frame; frame = queue.shift()) {
      if (frame.type === 'message' || frame.type === 'batch') await sleep(handleMs)
      handled.push({ frame, at: performance.now() })
      if (frame.type === 'ping' && socket.readyState === WebSocket.OPEN) socket.send('{"type":"pong"}')
    }
    working = false
    if (socket.readyState === WebSocket.OPEN) socket.resume()
  }
  const ended = new Promise<void>((resolve) => {
    socket.once('close', (_code, reason) => {
      closed = reason.toString()
      resolve()
    })
  })
  socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 1, channel: 'bus:1', ...subscribe })))
  socket.on('error', (error) => {
    closed = error.message
  })
  socket.on('message', (data: Buffer) => {
    queue.push(JSON.parse(data.toString()) as Frame)
    if (!working) void work()
  })
  return {
    handled,
    get closed() {
      return closed
    },
    of: (type) => handled.flatMap(({ frame }) => (frame.type === type ? [frame] : [])),
    end() {
      socket.resume()
      socket.close()
      return ended
    },
  }
}
