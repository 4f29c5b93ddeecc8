import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

type Frame = Readonly<Record<string, unknown>>

/** One connection of a client, as the gate sees it. */
export interface GateSession {
  /** With which the client came. */
  readonly path: string
  /** The next frame that the client sent. */
  frame(): Promise<Frame>
  /** Answers `connected` to the client's `connect`, which it returns. */
  greet(facts?: Frame): Promise<Frame>
  send(...frames: Frame[]): void
  sendText(text: string): void
  close(code: number): void
  /** Breaks the connection without a close frame. */
  terminate(): void
}

export interface FakeGate {
  readonly url: string
  session(): Promise<GateSession>
}

/** A gate whose every word is the test's. */
export async function startFakeGate(): Promise<FakeGate> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const sessions = createInbox<GateSession>()
  server.on('connection', (socket, request) => sessions.put(toSession(socket, request.url ?? '')))
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, session: () => sessions.take() }
}

function toSession(socket: WebSocket, path: string): GateSession {
  const frames = createInbox<Frame>()
  socket.on('message', (data: Buffer) => frames.put(JSON.parse(data.toString()) as Frame))
  const send = (frame: Frame): void => socket.send(JSON.stringify(frame))
  return {
    path,
    frame: () => frames.take(),
    async greet(facts = {}) {
      const connect = await frames.take()
      send({ type: 'connected', id: connect['id'], client: 'c', session: 's', ...facts })
      return connect
    },
    send: (...all) => all.forEach((frame) => send(frame)),
    sendText: (text) => socket.send(text),
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
  }
}

/** The answer to a `subscribe`. */
export const subscribed = (id: unknown, facts: object = {}): Frame => ({
  type: 'subscribed',
  id,
  channel: 'buses',
  position: 'e1.0',
  recovered: null,
  granted: { delivery: 'every', snapshot: false },
  ...facts,
})

/** A message of the channel `buses`. */
export const message = (data: unknown, cursor: number, facts: object = {}): Frame => ({
  type: 'message',
  channel: 'buses',
  data,
  position: `.${cursor}`,
  ...facts,
})

interface Inbox<T> {
  readonly put: (item: T) => void
  readonly take: () => Promise<T>
}

export function createInbox<T>(): Inbox<T> {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    put(item) {
      const taker = takers.shift()
      if (taker) taker(item)
      else items.push(item)
    },
    take() {
      const item = items.shift()
      return item === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(item)
    },
  }
}
