import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../figures.ts'
import type { ProduceInput } from '../programs/gate-producer.ts'
import type { ConnectInput } from '../programs/gate-subscribers.ts'
import { withPrograms } from '../start-program.ts'
import { type ServerOptions, withServer } from './server.ts'

/** Messages at a steady pace from a topic to clients. */
export interface Scene {
  readonly what: string
  readonly clients: number
  readonly channels: number
  /** Messages a second, over all channels. */
  readonly rate: number
  readonly bytes: number
  /** Each client has a channel at random. */
  readonly atRandom?: boolean
  /** What the clients ask of their subscriptions: then messages are counted, and their age is not read. */
  readonly terms?: object
  /** The share of the messages that each client gets by its terms; undefined: that is the server's affair. */
  readonly share?: number | undefined
}

export const oneChannel = (clients: number, rate: number): Scene => ({
  what: `one channel, ${clients} clients × ${rate}/s`,
  clients,
  channels: 1,
  rate,
  bytes: 200,
})

export interface Figures extends Readonly<Record<string, number>> {
  /** CPU µs of the server for each message that a client got. */
  readonly cpu: number
  /** For each message of a client's channel, whether it got it or not. */
  readonly offered: number
  /** Age (ms) of the messages. */
  readonly p50: number
  readonly p99: number
  /** The share of a core that the clients took. */
  readonly busy: number
  /** KiB of the server for each client, once all have subscribed and nothing has come. */
  readonly memory: number
}

const warmUpS = 1

export async function measureScene(
  bench: Bench,
  scene: Scene,
  server: Pick<ServerOptions, 'variant' | 'name' | 'centrifugo'>,
): Promise<Figures> {
  const { what, clients, channels, rate, bytes, atRandom = false, terms, share = terms ? undefined : 1 } = scene
  const { variant, name } = server
  return withServer(bench, { ...server, isPerKey: channels > 1 }, ({ port, dialect, cpu, residentMiB }) =>
    withPrograms(
      [
        ['gate-subscribers', { core: 1 }],
        ['gate-producer', {}],
      ],
      async (subscribers, producer) => {
        const idleMiB = await residentMiB()
        const connect: ConnectInput = { dialect, port, clients, channels, atRandom, seed: bench.seed, terms }
        await subscribers.call('connect', connect)
        const memory = (((await residentMiB()) - idleMiB) * 1024) / clients
        const produce: ProduceInput = {
          kafka: bench.kafka,
          topic: name,
          asCommands: variant === 'centrifugo',
          rate,
          seconds: warmUpS,
          channels,
          bytes,
        }
        const ask = (): Promise<Told> => subscribers.call<Told>('figures')
        await producer.call('produce', produce)
        await quiet(ask, share === 0 ? 0 : 1)
        await subscribers.call('begin')
        const before = await cpu()
        const { perChannel } = await producer.call<{ perChannel: readonly number[] }>('produce', {
          ...produce,
          seconds: bench.scale.gateSeconds,
        })
        const offered = (await subscribers.call<[number, number][]>('subscribers')).reduce(
          (sum, [place, count]) => sum + count * (perChannel[place] ?? 0),
          0,
        )
        const told = await (share === undefined ? quiet(ask, 1) : arrived(ask, offered * share))
        const used = (await cpu()) - before
        const { messages, p50, p99, busy } = told
        const figures = { cpu: used / messages, offered: used / offered, p50, p99, busy, memory }
        const ages = terms ? '' : `p50 ${p50} ms, p99 ${p99} ms, `
        bench.progress(
          `gate, ${what}, ${variant}: ${figures.cpu.toFixed(2)} µs, ${ages}load client ${busy.toFixed(2)} busy`,
        )
        return figures
      },
    ),
  )
}

interface Told {
  readonly messages: number
  readonly busy: number
  readonly p50: number
  readonly p99: number
}

const patienceMs = 60_000

/** Waits until the clients have got what they are to get. */
async function arrived(ask: () => Promise<Told>, expected: number): Promise<Told> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const told = await ask()
    if (told.messages === expected) return told
    if (told.messages > expected || performance.now() > deadline)
      throw new Error(`The clients got ${told.messages} messages instead of ${expected}.`)
    await sleep(50)
  }
}

/** Waits until nothing more comes, after `least` messages. */
async function quiet(ask: () => Promise<Told>, least: number): Promise<Told> {
  const deadline = performance.now() + patienceMs
  for (let before = -1; ; ) {
    const told = await ask()
    if (told.messages >= least && told.messages === before) return told
    if (performance.now() > deadline) throw new Error(`The clients got ${told.messages} messages, and no end of them.`)
    before = told.messages
    await sleep(500)
  }
}
