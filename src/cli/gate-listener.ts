import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { type Clock, ConnectError, type Logger, messageOf } from '#api'
import type { GateLinkSettings } from '../config/index.ts'
import { createHandshakes } from '../gateway/index.ts'
import { readLinkTls } from './link-tls.ts'

/** Waits for workers. */
export interface GateListener {
  /** `tls://host:port` or `unix:/path`. */
  readonly url: string
  stop(): Promise<void>
}

/** How often (ms) the certificate is read again. */
const renewMs = 60_000
/** More workers than a cluster has; beyond it connections are not taken. */
const maxWorkers = 256
/** Connections that have shown no certificate yet; beyond it the oldest of the address that has most is cut. */
const maxPending = 128

export async function listenForWorkers(
  link: GateLinkSettings,
  { clock, log, onWorker }: { clock: Clock; log: Logger; onWorker: (socket: Socket, name: string) => void },
): Promise<GateListener> {
  const life = new AbortController()
  const server = link.path === null ? await tlsServer(link) : createServer()
  server.maxConnections = maxWorkers + 2 * maxPending
  if (link.path === null) boundHandshakes(server)
  server.on(link.path === null ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.setNoDelay()
    onWorker(socket, link.path ?? `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`)
  })
  // Strangers without a certificate are no failure of this gate's.
  server.on('tlsClientError', (error: Error, socket: Socket) =>
    log.warn({ address: socket.remoteAddress, reason: error.message }, 'a link was refused'),
  )
  const url = await listen(server, link)
  const renewed = link.path === null ? renew(server as TlsServer, link, clock, log, life.signal) : Promise.resolve()
  log.info({ url }, 'gate waits for workers')
  return {
    url,
    async stop() {
      life.abort()
      const closed = once(server, 'close')
      server.close()
      await Promise.all([closed, renewed])
    },
  }
}

/** So that strangers who say nothing leave room for workers, whose handshakes are short. */
function boundHandshakes(server: Server): void {
  const handshakes = createHandshakes({ most: maxPending, addressPrefix6: 64 })
  server.on('connection', (socket: Socket) => handshakes.opened(socket))
  server.on('secureConnection', (socket: Socket) => handshakes.admitted({ socket }))
}

async function tlsServer(link: GateLinkSettings): Promise<TlsServer> {
  const keys = await readLinkTls(link, 'gate.link')
  return createTlsServer({
    ...keys,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    handshakeTimeout: 10_000,
  })
}

async function listen(server: Server, { host, port, path }: GateLinkSettings): Promise<string> {
  try {
    // What a gate that was killed left behind.
    if (path !== null) await rm(path, { force: true })
    if (path === null) server.listen(port, host)
    else server.listen(path)
    await once(server, 'listening')
    if (path !== null) await chmod(path, 0o600)
  } catch (error) {
    throw new ConnectError(
      `The gate cannot wait for workers on ${path ?? `${host}:${port}`}: choose another gate.link.port.`,
      {
        cause: error,
      },
    )
  }
  if (path !== null) return `unix:${path}`
  const bound = server.address() as AddressInfo
  return `tls://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

async function renew(
  server: TlsServer,
  link: GateLinkSettings,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(renewMs, signal)
    if (signal.aborted) return
    try {
      server.setSecureContext({ ...(await readLinkTls(link, 'gate.link')), minVersion: 'TLSv1.3' })
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the certificate for links cannot be read, so the former one stays')
    }
  }
}
