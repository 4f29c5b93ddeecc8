import type { Socket } from 'node:net'
import { clientFrame } from '../frames.ts'
import { createLatencies } from '../latencies.ts'
import { createMarkReader } from '../mark-reader.ts'
import { createPingReader } from '../ping-reader.ts'
import { serveCommands } from '../program.ts'
import { openRawClient } from '../raw-client.ts'
import { seededRandom } from '../vehicles.ts'

/** What the servers that are compared want to hear first, and where. */
const greetings = {
  tidegate: (channel: string) => ({ path: '/ws', text: JSON.stringify({ type: 'subscribe', id: 1, channel }) }),
  centrifugo: (channel: string) => ({
    path: '/connection/websocket',
    text: `${JSON.stringify({ id: 1, connect: {} })}\n${JSON.stringify({ id: 2, subscribe: { channel } })}`,
  }),
  plain: () => ({ path: '/ws', text: '{}' }),
}

export type Dialect = keyof typeof greetings

export interface ConnectInput {
  readonly dialect: Dialect
  readonly port: number
  readonly clients: number
  readonly channels: number
  /** Each client has a channel at random; else they take turns. */
  readonly atRandom: boolean
  readonly seed: number
}

/** A channel of the bench. */
const channelOf = (place: number, channels: number): string => (channels === 1 ? 'bench' : `bench:c${place}`)

// Many clients that subscribe, and tell how old each message was when it came.
const perChannel = new Map<number, number>()
const latencies = createLatencies()
let failure: Error | undefined
let messages = 0
let beganAt = 0
let cpuAt = process.cpuUsage()

serveCommands({ connect, begin, figures, subscribers: async () => [...perChannel] })

async function connect({ dialect, port, clients, channels, atRandom, seed }: ConnectInput): Promise<void> {
  const random = seededRandom(seed)
  const places = Array.from({ length: clients }, (_, place) =>
    atRandom ? Math.floor(random() * channels) : place % channels,
  )
  for (let from = 0; from < clients; from += 100) {
    await Promise.all(places.slice(from, from + 100).map((place) => open(dialect, port, place, channels)))
  }
}

function open(dialect: Dialect, port: number, place: number, channels: number): Promise<void> {
  perChannel.set(place, (perChannel.get(place) ?? 0) + 1)
  const { path, text } = greetings[dialect](channelOf(place, channels))
  const read = createMarkReader((at) => {
    messages++
    latencies.add(performance.timeOrigin + performance.now() - at)
  })
  const pong = clientFrame('{"type":"pong"}')
  return new Promise((resolve, reject) => {
    let answer: (() => void) | undefined
    const readPings = createPingReader(() => answer?.())
    let greeted = dialect === 'plain'
    openRawClient({
      port,
      path,
      onOpen(socket: Socket) {
        socket.write(clientFrame(text))
        answer = () => void socket.write(pong)
        if (greeted) resolve()
      },
      onBytes(bytes, length) {
        if (!greeted) {
          const said = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1')
          if (said.includes('error')) reject(new Error(`A subscription was refused: ${said}`))
          greeted = said.includes('subscribe')
          if (greeted) resolve()
        }
        read(bytes, length)
        if (dialect === 'tidegate') readPings(bytes, length)
      },
      onEnd(reason) {
        const error = new Error(`A client lost its connection: ${reason}`)
        failure ??= error
        reject(error)
      },
    })
  })
}

async function begin(): Promise<void> {
  messages = 0
  latencies.clear()
  beganAt = performance.now()
  cpuAt = process.cpuUsage()
}

/** What came since `begin`; times in ms. */
async function figures() {
  if (failure) throw failure
  const { user, system } = process.cpuUsage(cpuAt)
  const busy = (user + system) / 1000 / (performance.now() - beganAt)
  return { messages, busy, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) }
}
