import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { ConnectError, messageOf } from '#api'
import { answerBrokenRequest } from './broken-request.ts'

/** Where REST listens. */
export interface RestListener {
  readonly protocol: 'http' | 'https'
  /** An address of this machine, or a name of it. */
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
}

/** What https needs, as `node:tls` takes it, and whether clients show certificates (Kafka's `ssl.client.auth`). */
export interface RestTls extends Pick<TlsOptions, 'ca' | 'cert' | 'key' | 'ciphers' | 'minVersion' | 'maxVersion'> {
  readonly allowPartialTrustChain?: boolean
  readonly clientAuth: 'none' | 'requested' | 'required'
}

/** One open port. */
export interface OpenListener extends RestListener {
  readonly server: Server
  /** Closes connections on which nothing is under way, those included on which nothing ever came: browsers open them in advance. */
  closeIdle(): void
  /** Cuts every connection, also one whose TLS handshake never ends. */
  closeAll(): void
}

/** Listens. Rejects with who or what is in the way. */
export async function openListener(
  { protocol, host, port }: RestListener,
  handler: RequestListener,
  options: ServerOptions & { readonly tls: RestTls | undefined },
): Promise<OpenListener> {
  const { tls, ...http } = options
  const server = protocol === 'https' ? tlsServer(http, tls, handler) : createServer(http, handler)
  server.on('clientError', answerBrokenRequest)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  const fresh = new Set<Socket>()
  const established = protocol === 'https' ? 'secureConnection' : 'connection'
  server.on(established, (socket: Socket) => fresh.add(socket.once('close', () => fresh.delete(socket))))
  server.on('request', ({ socket }) => fresh.delete(socket))
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, () => resolve())
    })
  } catch (cause) {
    throw new ConnectError(`REST cannot listen on ${host}:${port}: ${reason(cause)}`, {
      cause,
      context: { host, port },
    })
  }
  const closeIdle = (): void => {
    server.closeIdleConnections()
    for (const socket of fresh) socket.destroy()
  }
  const closeAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return { protocol, host, port: (server.address() as AddressInfo).port, server, closeIdle, closeAll }
}

function tlsServer(http: ServerOptions, tls: RestTls | undefined, handler: RequestListener): Server {
  if (!tls) throw new ConnectError('REST cannot listen with https without a certificate')
  const { clientAuth, ...material } = tls
  const server = createTlsServer(
    {
      handshakeTimeout: http.requestTimeout,
      ...http,
      ...material,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
    },
    handler,
  )
  // A certificate that is shown has to be a good one, as Java wants it, even where none is needed.
  if (clientAuth === 'requested') {
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      if (!socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0) socket.destroy()
    })
  }
  return server
}

/** The URL by which a client on this machine reaches a listener. */
export const urlOf = ({ protocol, host, port }: RestListener): string => `${protocol}://${reachable(host)}:${port}`

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'another process has this port; stop it or choose another port'
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address; choose one of its own'
  if (code === 'EACCES') return 'this user may not take this port; choose one above 1023'
  return messageOf(error)
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
