import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

/** A WebSocket endpoint that acknowledges `{id, data}` by `{id}` and keeps the data. */
export async function collectingServer(): Promise<{ readonly url: string; readonly received: unknown[] }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const received: unknown[] = []
  server.on('connection', (socket) => {
    socket.on('message', (text: Buffer) => {
      const { id, data } = JSON.parse(text.toString()) as { id: string; data: unknown }
      received.push(data)
      socket.send(JSON.stringify({ id }))
    })
  })
  onTestFinished(async () => {
    for (const socket of server.clients) socket.terminate()
    server.close()
    await once(server, 'close')
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}
