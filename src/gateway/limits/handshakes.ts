import type { Socket } from 'node:net'
import { peerOf } from '../listener/address.ts'
import { addressPrefix } from './address-prefix.ts'

/** Sockets that are no client's connection: that have not said yet what they want, or get a file or a refusal. */
export interface Handshakes {
  /** It was opened, or a proxy has told whose it is. */
  opened(socket: Socket): void
  /** The door let it in, and counts it from now on. */
  admitted(request: { readonly socket: Socket }): void
  pending(): number
  /** How many were cut to make room. */
  cut(): number
  /** Ends them all, without a word. */
  close(): void
}

export interface HandshakesOptions {
  readonly most: number
  /** How much of an IPv6 address counts. */
  readonly addressPrefix6: number
}

interface Waiting {
  readonly socket: Socket
  readonly address: string
}

/** Beyond `most` the oldest of the address that has most is cut: who means it is done within some round trips, and no address takes the room of others. */
export function createHandshakes({ most, addressPrefix6 }: HandshakesOptions): Handshakes {
  // By the address of the other end, which is the same for a socket and for the TLS socket made of it.
  const waiting = new Map<string, Waiting>()
  const ends = new Map<string, Set<string>>()
  let cut = 0

  const drop = (end: string): Waiting | undefined => {
    const dropped = waiting.get(end)
    if (!dropped) return undefined
    waiting.delete(end)
    const others = ends.get(dropped.address)
    others?.delete(end)
    if (others?.size === 0) ends.delete(dropped.address)
    return dropped
  }
  const cutOne = (): void => {
    let crowd: ReadonlySet<string> = new Set()
    for (const each of ends.values()) if (each.size > crowd.size) crowd = each
    for (const oldest of crowd) {
      drop(oldest)?.socket.destroy()
      cut++
      return
    }
  }

  return {
    opened(socket) {
      const end = endOf(socket)
      if (waiting.get(end)?.socket !== socket)
        socket.once('close', () => {
          if (waiting.get(end)?.socket === socket) drop(end)
        })
      drop(end)
      const address = addressPrefix(peerOf(socket), addressPrefix6)
      waiting.set(end, { socket, address })
      const others = ends.get(address)
      if (others) others.add(end)
      else ends.set(address, new Set([end]))
      if (waiting.size > most) cutOne()
    },
    admitted: ({ socket }) => void drop(endOf(socket)),
    pending: () => waiting.size,
    cut: () => cut,
    close() {
      for (const { socket } of waiting.values()) socket.destroy()
    },
  }
}

const endOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remotePort} ${remoteAddress}`
