import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { createMessages, messageText, subscribedText } from '../messages.ts'
import { serveCommands } from '../program.ts'

// The naive way: `send(text)` for each message and client.
const next = createMessages(1)
const clients = new Set<WebSocket>()

serveCommands({ listen, publish })

async function listen(): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (client) => {
    client.on('message', () => {
      clients.add(client)
      client.send(subscribedText)
    })
    client.on('close', () => clients.delete(client))
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function publish({ messages, burst }: { readonly messages: number; readonly burst: number }): Promise<void> {
  for (let left = messages; left > 0; left -= burst) {
    for (let i = 0; i < burst; i++) {
      const text = messageText(next())
      for (const client of clients) client.send(text)
    }
    await nextTurn()
  }
}
