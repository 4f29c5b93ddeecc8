import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'

export interface RegistryProxy {
  /** With the path of the registry behind it. */
  readonly url: string
  /** The headers of each request, in order. */
  readonly seen: readonly IncomingMessage['headers'][]
  /** Refuses connections, as a registry that is down. */
  stop(): Promise<void>
  /** Listens again where it did. */
  start(): Promise<void>
}

export interface RegistryProxyOptions {
  /** The registry behind it. */
  readonly to: string
  readonly tls?: TlsOptions
  /** What `authorization` has to be. */
  readonly authorized?: (header: string | undefined) => boolean
}

/** What stands before a registry to ask who is there. */
export async function startRegistryProxy({ to, tls, authorized }: RegistryProxyOptions): Promise<RegistryProxy> {
  const seen: IncomingMessage['headers'][] = []
  const target = new URL(to)
  const listener: RequestListener = (asked, answer) => {
    seen.push(asked.headers)
    if (authorized && !authorized(asked.headers.authorization)) {
      answer.writeHead(401, { 'content-type': 'application/json' }).end('{"error_code":401,"message":"Unauthorized"}')
      return
    }
    const { host: _host, ...headers } = asked.headers
    const onward = request(
      new URL(asked.url ?? '', target.origin),
      { method: asked.method ?? 'GET', headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 500, got.headers)
        got.pipe(answer)
      },
    )
    onward.once('error', () => answer.destroy())
    asked.pipe(onward)
  }
  let server: Server
  let port = 0
  const start = async (): Promise<void> => {
    server = tls ? createHttps(tls, listener) : createHttp(listener)
    await once(server.listen(port, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
  }
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await start()
  onTestFinished(stop)
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}${target.pathname}`, seen, start, stop }
}
