import type { EventEmitter } from 'node:events'
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createHttps, type ServerOptions } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorCodes, type Refusal, refuse } from '../codes.ts'
import type { Gate } from '../gate.ts'
import { isResume } from '../limits/door.ts'
import type { GatewaySettings } from '../settings.ts'
import type { SseTransport } from '../transports/sse.ts'
import type { WebSocketTransport } from '../transports/websocket.ts'
import { anonymous } from '../who/auth.ts'
import { certifiedIdentity } from '../who/certificate.ts'
import type { Proxies } from './proxies.ts'
import { expectProxyHeaders } from './proxy-front.ts'
import { serveFile } from './static-files.ts'

export interface HttpOptions {
  readonly gate: Gate
  readonly websocket: WebSocketTransport
  readonly sse: SseTransport
  readonly proxies: Proxies
  /** Certificate and key; undefined: no TLS. */
  readonly tls: ServerOptions | undefined
  readonly isReady: () => boolean
}

/** Beyond those that are counted: for those that are closing. */
const spareConnections = 128

/** The gate's HTTP side: `/ws`, `/sse`, `/health` and, where configured, files. */
export function createHttpServer({ gate, websocket, sse, proxies, tls, isReady }: HttpOptions): Server {
  const { settings, auth, log } = gate
  const { door, handshakes, refused } = gate.limits

  const look = (request: IncomingMessage, query: URLSearchParams, life: EventEmitter): Refusal | undefined => {
    if (!isOriginAllowed(request, settings, proxies))
      return refuse('forbidden', 'Pages of this origin may not connect.')
    if (!isReady()) return refuse('unavailable', 'The gate is warming up.', { retryAfter: 2000 })
    return door.admit({ request, isResume: isResume(request, query) }, life)
  }
  /** Why a client is not let in at all; else it counts as a connection until `life` emits `close`. */
  const atTheDoor = (request: IncomingMessage, { searchParams }: URL, life: EventEmitter): Refusal | undefined => {
    const refusal = look(request, searchParams, life)
    if (refusal) refused.add(refusal.code)
    else {
      handshakes.admitted(request)
      request.socket.setTimeout(0)
    }
    return refusal
  }

  const serveSse = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const { origin } = request.headers
    // A page that may not connect may not read why either.
    const isTold = origin !== undefined && isOriginAllowed(request, settings, proxies)
    const headers = isTold ? { 'access-control-allow-origin': origin, vary: 'Origin' } : {}
    const onRefused = (refusal: Refusal): void => answer(response, refusal, headers)
    const refusal = atTheDoor(request, url, response)
    if (refusal) return onRefused(refusal)
    const token = tokenOf(request, url)
    const identity =
      token === undefined
        ? auth.admit(certifiedIdentity(request.socket, settings.tls) ?? anonymous())
        : await auth.verify(token)
    if ('code' in identity) return onRefused(identity)
    await sse.serve({ request, response, query: url.searchParams, identity, headers }, onRefused)
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    proxies.note(request)
    const url = urlOf(request)
    if (!url) return sendJson(response, 400, refuse('bad_request', 'The address of the request is malformed.'))
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead)
      return sendJson(response, 405, refuse('bad_request', 'Only GET and HEAD are taken here.'), { allow: 'GET, HEAD' })
    if (url.pathname === '/health') return sendJson(response, isReady() ? 200 : 503, { ready: isReady() })
    if (url.pathname === '/ws')
      return sendJson(response, 426, refuse('bad_request', 'This address takes WebSocket connections.'), {
        upgrade: 'websocket',
      })
    if (url.pathname === '/sse' && request.method === 'GET') return serveSse(request, response, url)
    if (settings.static !== null && (await serveFile(settings.static, url.pathname, request, response))) return
    sendJson(response, 404, { code: 'not_found', message: 'There is nothing at this address.', retryable: false })
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    proxies.note(request)
    socket.on('error', (error) => log.debug({ err: error }, 'socket failed'))
    const url = urlOf(request)
    if (url?.pathname !== '/ws')
      return refuseUpgrade(socket, 404, refuse('bad_request', 'There is nothing at this address.'))
    // RFC 6455 §4.1; what is wrong with the handshake itself is found by `ws`.
    if (request.httpVersion === '1.0' || request.headers.host === undefined)
      return refuseUpgrade(socket, 400, refuse('bad_request', 'A WebSocket begins with HTTP/1.1 and a Host.'))
    const refusal = atTheDoor(request, url, socket)
    if (refusal) return refuseUpgrade(socket, statusOf(refusal), refusal)
    websocket.upgrade(request, socket, head, {
      token: tokenOf(request, url),
      certified: certifiedIdentity(request.socket, settings.tls),
    })
  }

  const { sessions, pendingHandshakes, handshakeTimeoutMs } = settings.limits
  const timeouts = {
    headersTimeout: handshakeTimeoutMs,
    // A body that nobody wants is not waited for either.
    requestTimeout: handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(5000, handshakeTimeoutMs / 2),
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // Only what the door let in stays: else health and files would hold connections that it never counted.
    response.shouldKeepAlive = false
    serve(request, response).catch((error: unknown) => {
      if (isHungUp(error)) return log.debug({ err: error }, 'client gone before its answer was whole')
      // The path alone: the query may hold a token.
      log.error({ path: urlOf(request)?.pathname, err: error }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, refuse('internal', 'The gate failed.'))
    })
  }
  const server = tls
    ? createHttps({ ...timeouts, ...tls, handshakeTimeout: handshakeTimeoutMs }, onRequest)
    : createHttp(timeouts, onRequest)
  // Who neither sends nor takes what it asked for; later than the others, which say why.
  server.timeout = 2 * handshakeTimeoutMs
  expectProxyHeaders(server, { protocol: settings.proxy.protocol, proxies, log, onKnown: handshakes.opened })
  if (sessions > 0) server.maxConnections = sessions + pendingHandshakes + spareConnections
  server.on('upgrade', upgrade)
  // By itself the server cuts it without a word.
  server.on('connect', (_, socket: Duplex) => {
    socket.on('error', (error) => log.debug({ err: error }, 'socket failed'))
    refuseUpgrade(socket, 405, refuse('bad_request', 'Only GET and HEAD are taken here.'))
  })
  server.on('connection', (socket) => handshakes.opened(socket))
  return server
}

/** From `Authorization: Bearer` or the URL. */
function tokenOf(request: IncomingMessage, url: URL): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return bearer ?? (url.searchParams.get('token') || undefined)
}

function urlOf(request: IncomingMessage): URL | undefined {
  const path = request.url ?? '/'
  return path.startsWith('/') ? parseUrl(path) : undefined
}

function parseUrl(path: string): URL | undefined {
  try {
    return new URL(`http://gate${path}`)
  } catch {
    return undefined
  }
}

/** Requests without an origin come from no page. The gate's own pages may always connect. */
function isOriginAllowed(request: IncomingMessage, settings: GatewaySettings, proxies: Proxies): boolean {
  const { origin } = request.headers
  if (origin === undefined || settings.origins.includes('*') || settings.origins.includes(origin)) return true
  const host = proxies.hostOf(request)
  if (host === undefined || !isOwnHost(host, settings)) return false
  const scheme = proxies.schemeOf(request)
  return (scheme === undefined ? ['http', 'https'] : [scheme]).some((each) => origin === `${each}://${host}`)
}

/** Any other name may be a stranger's that points here for a while (DNS rebinding); an address cannot be. */
function isOwnHost(host: string, settings: GatewaySettings): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '')
  return name === 'localhost' || name === settings.host.toLowerCase() || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
}

const isHungUp = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(String(error.code))

const statusOf = ({ code }: Refusal): number =>
  Object.hasOwn(errorCodes, code) ? errorCodes[code as keyof typeof errorCodes].status : 400

function answer(response: ServerResponse, refusal: Refusal, headers: Readonly<Record<string, string>>): void {
  sendJson(response, statusOf(refusal), refusal, { ...headers, ...retryHeader(refusal) })
}

const retryHeader = ({ retryAfter }: Refusal): Record<string, string> =>
  retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter / 1000)) }

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    .end(response.req.method === 'HEAD' ? undefined : text)
}

function refuseUpgrade(socket: Duplex, status: number, refusal: Refusal): void {
  const body = JSON.stringify(refusal)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(retryHeader(refusal)).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
