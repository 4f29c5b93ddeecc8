import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface HeardRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An HTTP endpoint of the test: it keeps what it hears and answers as told (204 unless told otherwise), also after it was away. */
export async function startHttpEndpoint(
  answer: (request: HeardRequest, response: ServerResponse) => void = (_, response) =>
    void response.writeHead(204).end(),
  tls?: ServerOptions,
) {
  const heard: HeardRequest[] = []
  const sockets = new Set<Socket>()
  const hear: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      // The client went away in the middle of its request, which was not heard then.
      return
    }
    const { method = '', url: path = '', headers } = request
    const one = { method, path, headers, body: Buffer.concat(chunks).toString() }
    heard.push(one)
    answer(one, response)
  }
  const create = () =>
    (tls ? createTlsServer(tls, hear) : createServer(hear)).on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
  let server = create()
  let port = 0
  const up = async (): Promise<void> => {
    server = create()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const down = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  await up()
  onTestFinished(down)
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, heard, sockets, up, down }
}
