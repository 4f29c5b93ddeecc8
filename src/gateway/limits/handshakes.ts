import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** Sockets that have not said yet what they want. */
export interface Handshakes {
  opened(socket: Socket): void
  /** Its first request came. */
  heard(request: IncomingMessage): void
  pending(): number
  /** How many were cut to make room. */
  cut(): number
}

/** Beyond `most` the oldest is cut: who means it has spoken within a round trip. */
export function createHandshakes(most: number): Handshakes {
  // By the address of the other end, which is the same for a socket and for the TLS socket made of it.
  const waiting = new Map<string, Socket>()
  let cut = 0
  return {
    opened(socket) {
      const key = endOf(socket)
      waiting.set(key, socket)
      socket.once('close', () => {
        if (waiting.get(key) === socket) waiting.delete(key)
      })
      if (waiting.size <= most) return
      for (const [oldest, of] of waiting) {
        waiting.delete(oldest)
        of.destroy()
        cut++
        return
      }
    },
    heard: ({ socket }) => void waiting.delete(endOf(socket)),
    pending: () => waiting.size,
    cut: () => cut,
  }
}

const endOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remotePort} ${remoteAddress}`
