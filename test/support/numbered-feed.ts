import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

export interface NumberedFeed {
  readonly url: string
  /** How many numbers were made; each is sent to whoever is connected, and again to who comes back with an older cursor. */
  readonly made: () => number
  /** The cursors that connections came with. */
  readonly cursors: string[]
  start(): void
  stop(): void
}

/** A feed of `{seq, id}`, once it is started, with a cursor, as `?since=`: it keeps all that it sent. */
export async function numberedFeed(intervalMs: number, perInterval = 1): Promise<NumberedFeed> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const cursors: string[] = []
  let made = 0
  const text = (seq: number) => JSON.stringify({ seq, id: `k${seq % 7}` })
  server.on('connection', (socket, request) => {
    const since = new URL(request.url ?? '/', 'ws://x').searchParams.get('since') ?? ''
    cursors.push(since)
    for (let seq = since === '' ? 0 : Number(since) + 1; seq < made; seq++) socket.send(text(seq))
  })
  let timer: NodeJS.Timeout | undefined
  const tick = () => {
    for (let each = 0; each < perInterval; each++) {
      for (const socket of server.clients) socket.send(text(made))
      made++
    }
  }
  onTestFinished(async () => {
    clearInterval(timer)
    for (const socket of server.clients) socket.terminate()
    server.close()
    await once(server, 'close')
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/?since=#{cursor}`,
    made: () => made,
    cursors,
    start() {
      timer ??= setInterval(tick, intervalMs)
    },
    stop: () => clearInterval(timer),
  }
}
