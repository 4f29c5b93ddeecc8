import type { Socket } from 'node:net'
import { clientFrame, kinds } from '../frames.ts'
import { serveCommands } from '../program.ts'
import { openRawClient } from '../raw-client.ts'
import { createVehicles } from '../vehicles.ts'

// Clients that publish, each with a few messages on their way, and the next one with each answer.
interface Publisher {
  readonly socket: Socket
  left: number
  nextId: number
}

const publishers = new Map<Socket, Publisher>()
let answered = 0
let refused = 0
let wanted = 0
let texts: readonly string[] = []
let finished: (() => void) | undefined
let failed: ((error: Error) => void) | undefined

serveCommands({ connect, publish })

async function connect(input: { port: number; connections: number; seed: number }): Promise<void> {
  const next = createVehicles(input.seed)
  texts = Array.from({ length: 1000 }, () => JSON.stringify(next()))
  await Promise.all(Array.from({ length: input.connections }, () => open(input.port)))
}

function open(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    openRawClient({
      port,
      onOpen(socket) {
        publishers.set(socket, { socket, left: 0, nextId: 1 })
        resolve()
      },
      onFrame(kind, socket) {
        if (kind !== kinds.published && kind !== kinds.error) return
        if (kind === kinds.error) refused++
        answered++
        const publisher = publishers.get(socket)
        if (publisher && publisher.left > 0) send(publisher)
        else if (answered === wanted) finished?.()
      },
      onEnd(reason) {
        const error = new Error(`A client lost its connection: ${reason}`)
        reject(error)
        failed?.(error)
      },
    })
  })
}

function send(publisher: Publisher): void {
  publisher.left--
  const id = publisher.nextId++
  const data = texts[id % texts.length] ?? ''
  publisher.socket.write(clientFrame(`{"type":"publish","id":${id},"channel":"in","data":${data}}`))
}

/** Publishes so many in all; resolves with how many were refused when each has its answer. */
async function publish({ messages, window }: { messages: number; window: number }): Promise<number> {
  const share = Math.floor(messages / publishers.size)
  answered = 0
  refused = 0
  wanted = share * publishers.size
  await new Promise<void>((resolve, reject) => {
    finished = resolve
    failed = reject
    for (const publisher of publishers.values()) publisher.left = share
    for (const publisher of publishers.values()) {
      for (let i = 0; i < window && publisher.left > 0; i++) send(publisher)
    }
  })
  return refused
}
