import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

/** A real WebSocket server that can go away and come back at the same address. */
export async function startWsRemote(
  onConnection: (socket: WebSocket, request: IncomingMessage) => void = () => undefined,
) {
  let port = 0
  let stop: (() => Promise<void>) | undefined
  const sockets = new Set<WebSocket>()
  const requests: IncomingMessage[] = []

  const start = async (): Promise<void> => {
    const http = createServer()
    const server = new WebSocketServer({ server: http, perMessageDeflate: false })
    server.on('connection', (socket, request) => {
      sockets.add(socket)
      requests.push(request)
      socket.on('close', () => sockets.delete(socket))
      onConnection(socket, request)
    })
    http.listen(port, '127.0.0.1')
    await once(http, 'listening')
    port = (http.address() as AddressInfo).port
    stop = async () => {
      stop = undefined
      for (const socket of sockets) socket.terminate()
      sockets.clear()
      server.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    }
  }
  await start()
  onTestFinished(async () => stop?.())
  return {
    uri: `ws://127.0.0.1:${port}`,
    sockets,
    requests,
    down: async () => stop?.(),
    up: start,
  }
}
