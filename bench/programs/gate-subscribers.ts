import type { Socket } from 'node:net'
import { clientFrame } from '../frames.ts'
import { type Dialect, greetings } from '../greetings.ts'
import { createLatencies } from '../latencies.ts'
import { createMarkReader } from '../mark-reader.ts'
import { serveCommands } from '../program.ts'
import { openRawClient } from '../raw-client.ts'
import { createTextReader } from '../text-reader.ts'
import { seededRandom } from '../vehicles.ts'

export interface ConnectInput {
  readonly dialect: Dialect
  readonly port: number
  readonly clients: number
  readonly channels: number
  /** Each client has a channel at random; else they take turns. */
  readonly atRandom: boolean
  readonly seed: number
  /** What the subscriptions ask for further; then messages are counted, whatever is in them. */
  readonly terms?: object | undefined
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

async function connect(input: ConnectInput): Promise<void> {
  const { clients, channels, atRandom, seed } = input
  const random = seededRandom(seed)
  const places = Array.from({ length: clients }, (_, place) =>
    atRandom ? Math.floor(random() * channels) : place % channels,
  )
  for (let from = 0; from < clients; from += 100) {
    await Promise.all(places.slice(from, from + 100).map((place) => open(place, input)))
  }
}

function open(place: number, { dialect, port, channels, terms }: ConnectInput): Promise<void> {
  perChannel.set(place, (perChannel.get(place) ?? 0) + 1)
  const { path, text } = greetings[dialect](channelOf(place, channels), terms)
  const read = terms
    ? createTextReader('{"type":"message"', () => messages++)
    : createMarkReader((at) => {
        messages++
        latencies.add(performance.timeOrigin + performance.now() - at)
      })
  const pong = clientFrame('{"type":"pong"}')
  return new Promise((resolve, reject) => {
    let answer: (() => void) | undefined
    const readPings = createTextReader('{"type":"ping"}', () => answer?.())
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
