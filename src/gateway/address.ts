import type { IncomingMessage } from 'node:http'

/** What a trusted proxy said of its clients: of all connections it keeps open, each request is one client's. */
const told = new WeakMap<IncomingMessage, string>()

/** The address that a request came from, as limits count it and logs tell it; behind trusted proxies the client's. */
export const addressOf = (request: IncomingMessage): string =>
  told.get(request) ?? plainAddress(request.socket.remoteAddress ?? '')

/** Notes what a trusted proxy said of the request. */
export const knowAddress = (request: IncomingMessage, address: string): void => void told.set(request, address)

/** IPv4 in IPv6 (`::ffff:192.0.2.1`) is IPv4; a zone (`%eth0`) is no part of an address. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '')
