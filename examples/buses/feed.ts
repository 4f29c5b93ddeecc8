import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { createFleet } from './fleet.ts'
import { loadTown, type TownOptions } from './load-town.ts'

export interface FeedOptions extends TownOptions {
  /** 0: any free one. Default: 8090. */
  readonly port?: number
  readonly host?: string
  readonly intervalMs?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Feed {
  /** Where to connect, such as `ws://127.0.0.1:8090/feed`. */
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

const maxClients = 1000
/** A client with this much unsent (bytes) does not read and is cut off. */
const maxUnsent = 8 * 1024 * 1024

/**
 * A public feed as transit agencies run them: at each interval one JSON array of all vehicles that report, to every client
 * of `/feed`. `GET /stats` says how many.
 */
export async function startFeed({
  port = 8090,
  host = '127.0.0.1',
  intervalMs = 1000,
  now = Date.now,
  seed = 1,
  ...town
}: FeedOptions = {}): Promise<Feed> {
  const fleet = createFleet(await loadTown({ seed, ...town }), seed)
  const stats = { clients: 0, messages: 0, vehicles: 0, bytes: 0 }
  const http = createServer((request, response) => answer(request, response, stats))
  const sockets = new WebSocketServer({ server: http, path: '/feed', perMessageDeflate: false, maxPayload: 64 * 1024 })
  http.listen(port, host)
  await once(http, 'listening')

  sockets.on('connection', (socket) => {
    if (sockets.clients.size > maxClients) socket.close(1013, 'too many clients')
    // A client that breaks off is no failure of the feed; `close` follows.
    socket.on('error', () => socket.terminate())
  })

  let reported = now()
  const tick = (): void => {
    const at = now()
    // The first message holds every vehicle where it starts; after a pause of the machine nobody leaps.
    if (stats.messages > 0) fleet.drive(Math.min(5, Math.max(0, (at - reported) / 1000)))
    reported = at
    const entities = fleet.report(at)
    const text = JSON.stringify(entities)
    for (const socket of sockets.clients) send(socket, text)
    Object.assign(stats, {
      clients: sockets.clients.size,
      messages: stats.messages + 1,
      vehicles: entities.length,
      bytes: Buffer.byteLength(text),
    })
  }
  const timer = setInterval(tick, intervalMs)

  let stopped: Promise<void> | undefined
  const { port: bound } = http.address() as AddressInfo
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${bound}/feed`,
    port: bound,
    stop() {
      stopped ??= new Promise((resolve) => {
        clearInterval(timer)
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        http.close(() => resolve())
        http.closeAllConnections()
      })
      return stopped
    },
  }
}

function send(socket: WebSocket, text: string): void {
  if (socket.bufferedAmount > maxUnsent) socket.terminate()
  else if (socket.readyState === socket.OPEN) socket.send(text)
}

function answer({ url }: IncomingMessage, response: ServerResponse, stats: object): void {
  const known = url === '/stats'
  response.writeHead(known ? 200 : 404, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
  response.end(JSON.stringify(known ? stats : { message: 'The feed is a WebSocket at /feed; figures are at /stats.' }))
}
