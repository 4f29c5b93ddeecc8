import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** What a trusted proxy said of its clients: of all connections it keeps open, each request is one client's. */
const told = new WeakMap<IncomingMessage, string>()
/** What a proxy said at the beginning of a connection, until its end; by its ends, which are the same for a socket and for the TLS socket made of it. */
const peers = new Map<string, string>()

/** The address that a request came from, as limits count it and logs tell it; behind trusted proxies the client's. */
export const addressOf = (request: IncomingMessage): string => told.get(request) ?? peerOf(request.socket)

/** Notes what a trusted proxy said of the request. */
export const knowAddress = (request: IncomingMessage, address: string): void => void told.set(request, address)

/** The other end of a connection, as a proxy that only hands bytes on told it. */
export const peerOf = (socket: Socket): string =>
  (peers.size === 0 ? undefined : peers.get(endsOf(socket))) ?? plainAddress(socket.remoteAddress ?? '')

/** Notes what a trusted proxy said of the connection. */
export function knowPeer(socket: Socket, address: string): void {
  const ends = endsOf(socket)
  peers.set(ends, address)
  socket.once('close', () => peers.delete(ends))
}

const endsOf = ({ localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 }: Socket): string =>
  `${remotePort} ${remoteAddress} ${localPort} ${localAddress}`

/** IPv4 in IPv6 (`::ffff:192.0.2.1`, `::ffff:c000:201`) is IPv4; a zone (`%eth0`) is no part of an address. */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '')
  const [, dotted, high, low] = mapped.exec(bare) ?? []
  if (dotted !== undefined) return dotted
  if (high === undefined || low === undefined) return bare
  return [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.')
}

const mapped = /^(?:::|(?:0{1,4}:){5})ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i
