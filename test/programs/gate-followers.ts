import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { type Client, connect, type WebSocketConstructor } from '../../src/client/index.ts'
import { createSequence } from './partition-sequence.ts'
import { knock, stay } from './visitors.ts'

// Clients of gates, in a process of their own. Each line of JSON on stdin is a command, answered by one line. It ends when its input does.

interface Start {
  readonly urls: readonly string[]
  readonly clients: number
  readonly channel: string
  readonly partitions: number
}

export interface FollowersReport {
  /** Clients that have got anything, and that are connected now. */
  readonly begun: number
  readonly connected: number
  /** Clients that have got everything up to the number that was asked about. */
  readonly whole: number
  readonly messages: number
  /** What is not the next number of its partition: behind a gap, or got before. */
  readonly gaps: number
  readonly repeats: number
  readonly losses: number
  /** Of all resumes. */
  readonly recovered: Readonly<Record<string, number>>
  /** Of the first of them. */
  readonly session: string | undefined
  readonly ends: readonly string[]
  readonly notices: Readonly<Record<string, number>>
}

const clients: Client[] = []
const sequences: ReturnType<typeof createSequence>[] = []
const isConnected: boolean[] = []
const ends: string[] = []
const recovered: Record<string, number> = {}
const notices: Record<string, number> = {}
let session: string | undefined
let losses = 0
const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Twenty-five clients have an address in common. */
const socketAt = (index: number): WebSocketConstructor =>
  class extends WebSocket {
    constructor(url: string, protocols?: string) {
      super(url, protocols, { localAddress: `127.0.1.${1 + Math.floor(index / 25)}` })
    }
  }

function start({ urls, clients: many, channel, partitions }: Start): void {
  for (let index = 0; index < many; index++) {
    const own = createSequence(partitions)
    sequences.push(own)
    // Half of them prefer each gate.
    const turned = index % 2 === 0 ? urls : urls.toReversed()
    const client = connect(turned, {
      WebSocket: socketAt(index),
      backoff: { initialMs: 50, maxMs: 500 },
      onError() {},
      random: () => 0.3,
    })
    clients.push(client)
    client.onNotice(({ code }) => count(notices, code))
    client.onState((state) => {
      isConnected[index] = state.state === 'connected'
      if (state.state === 'connected' && index === 0) session = state.session
      if (state.state === 'waiting') losses++
      if (state.state === 'closed') ends.push(String(state.code))
    })
    let isFirst = true
    client.subscribe(channel, {
      onSubscribed(subscribed) {
        if (!isFirst) count(recovered, String(subscribed.recovered))
        isFirst = false
      },
      onMessage: ({ data }) => own.take((data as { seq: number }).seq),
    })
  }
}

function report(last: number): FollowersReport {
  const sum = (of: (sequence: (typeof sequences)[number]) => number): number =>
    sequences.reduce((total, each) => total + of(each), 0)
  return {
    begun: sum((each) => Number(each.count() > 0)),
    connected: isConnected.filter(Boolean).length,
    whole: sum((each) => Number(each.isWhole(last))),
    messages: sum((each) => each.count()),
    gaps: sum((each) => each.gaps()),
    repeats: sum((each) => each.repeats()),
    losses,
    recovered,
    session,
    ends,
    notices,
  }
}

async function run(command: string, input: unknown): Promise<unknown> {
  switch (command) {
    case 'start':
      return start(input as Start)
    case 'publish':
      return Promise.all(clients.map((client, n) => client.publish('in', { n, ...(input as object) })))
    case 'statistics':
      return clients.at(-1)?.statistics('all')
    case 'knock':
      return knock(input as Parameters<typeof knock>[0])
    case 'stay':
      return stay(input as Parameters<typeof stay>[0])
    default:
      return report((input as { last?: number }).last ?? 0)
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { id, command, input } = JSON.parse(line) as { id: number; command: string; input: unknown }
  run(command, input).then(
    (value) => process.stdout.write(`${JSON.stringify({ id, value })}\n`),
    (error: unknown) => process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`),
  )
})
lines.on('close', () => process.exit())
