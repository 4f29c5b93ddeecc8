import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { textFrame } from '../../src/gateway/transports/text-frame.ts'
import { createMessages, messageText, subscribedText } from '../messages.ts'
import { serveCommands } from '../program.ts'

// The limit in Node: framed once, one write of all that there is for each client, and nothing else.
const next = createMessages(1)
const clients = new Set<Socket>()

serveCommands({ listen, publish })

async function listen(): Promise<number> {
  const server = createServer()
  server.on('upgrade', (request, stream) => {
    const socket = stream as Socket
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.setNoDelay(true)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.once('data', () => {
      clients.add(socket)
      socket.write(textFrame(subscribedText))
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => clients.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function publish({ messages, burst }: { readonly messages: number; readonly burst: number }): Promise<void> {
  for (let left = messages; left > 0; left -= burst) {
    const frames = Array.from({ length: burst }, () => textFrame(messageText(next())))
    const bytes = Buffer.concat(frames)
    for (const client of clients) client.write(bytes)
    await nextTurn()
  }
}
