import { connect, type Socket } from 'node:net'
import { createFrameReader } from './frames.ts'

const request = (port: number, path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`

/** All sockets read into this: nothing of it is kept. */
const shared = Buffer.alloc(256 * 1024)

export interface RawClientOptions {
  readonly port: number
  readonly path?: string
  onOpen(socket: Socket): void
  onFrame?(kind: number, socket: Socket): void
  /** Instead of frames. The bytes are the caller's for the time of the call. */
  onBytes?(bytes: Uint8Array, length: number): void
  onEnd(reason: string): void
}

/** A WebSocket client that does as little as can be, so that one process can be thousands of them. */
export function openRawClient({ port, path = '/ws', onOpen, onFrame, onBytes, onEnd }: RawClientOptions): void {
  const read = onBytes ?? createFrameReader((kind) => onFrame?.(kind, socket))
  let greeting: string | undefined = ''

  function take(count: number, bytes: Uint8Array): boolean {
    if (greeting === undefined) {
      read(bytes, count)
      return true
    }
    greeting += Buffer.from(bytes.buffer, bytes.byteOffset, count).toString('latin1')
    const end = greeting.indexOf('\r\n\r\n')
    if (end < 0) return true
    const [status = ''] = greeting.split('\r\n')
    const rest = Buffer.from(greeting.slice(end + 4), 'latin1')
    greeting = undefined
    if (status.includes(' 101 ')) {
      onOpen(socket)
      read(rest, rest.length)
    } else socket.destroy(new Error(`The server answered ${status}: ${rest.toString()}`))
    return true
  }

  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: shared, callback: take } })
  let reason = 'The server ended the connection.'
  socket.once('connect', () => socket.write(request(port, path)))
  socket.once('error', (error) => {
    reason = error.message
  })
  socket.once('close', () => onEnd(reason))
}
