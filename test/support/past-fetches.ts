import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** `api_key` of a fetch. */
const fetchKey = 1

/** From here to the end of the test counts what this process fetches from Kafka to read back, and not what live reading fetches. */
export function countPastFetches(): () => number {
  let count = 0
  const watch = (socket: Socket): void => {
    const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean
    socket.write = (...args: readonly unknown[]) => {
      if (isPastFetch(args[0])) count++
      return write(...args)
    }
  }
  // Node puts its own `write` back when a socket begins to connect.
  const onSocket = (message: unknown): void =>
    queueMicrotask(() => watch((message as { readonly socket: Socket }).socket))
  subscribe('net.client.socket', onSocket)
  onTestFinished(() => void unsubscribe('net.client.socket', onSocket))
  return () => count
}

/** Told by the name of the client: size, api_key, version, correlation, then that. */
function isPastFetch(bytes: unknown): boolean {
  if (!Buffer.isBuffer(bytes) || bytes.length < 14 || bytes.readInt16BE(4) !== fetchKey) return false
  return bytes.toString('utf8', 14, 14 + bytes.readInt16BE(12)).endsWith('-past')
}
