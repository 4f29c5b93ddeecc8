import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { type Client, connect } from '../../src/client/index.ts'

// Clients of gates, in a process of their own. Each line of JSON on stdin is a command, answered by one line. It ends when its input does.

interface Start {
  readonly urls: readonly string[]
  readonly clients: number
  readonly channel: string
}

export interface FollowersReport {
  readonly seqs: readonly (readonly number[])[]
  readonly losses: number
  /** Of all resumes. */
  readonly recovered: Readonly<Record<string, number>>
  readonly sessions: readonly string[]
  readonly ends: readonly string[]
  readonly notices: Readonly<Record<string, number>>
}

const clients: Client[] = []
const [seqs, sessions, ends]: [number[][], string[], string[]] = [[], [], []]
const recovered: Record<string, number> = {}
const notices: Record<string, number> = {}
let losses = 0
const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

function start({ urls, clients: many, channel }: Start): void {
  for (let index = 0; index < many; index++) {
    const own: number[] = []
    seqs.push(own)
    // Half of them prefer each gate.
    const turned = index % 2 === 0 ? urls : urls.toReversed()
    const client = connect(turned, {
      WebSocket,
      backoff: { initialMs: 50, maxMs: 500 },
      onError() {},
      random: () => 0.3,
    })
    clients.push(client)
    client.onNotice(({ code }) => count(notices, code))
    client.onState((state) => {
      if (state.state === 'connected') sessions[index] = state.session
      if (state.state === 'waiting') losses++
      if (state.state === 'closed') ends.push(String(state.code))
    })
    let isFirst = true
    client.subscribe(channel, {
      onSubscribed(subscribed) {
        if (!isFirst) count(recovered, String(subscribed.recovered))
        isFirst = false
      },
      onMessage: ({ data }) => own.push((data as { seq: number }).seq),
    })
  }
}

async function run(command: string, input: unknown): Promise<unknown> {
  switch (command) {
    case 'start':
      return start(input as Start)
    case 'publish':
      return Promise.all(clients.map((client, n) => client.publish('in', { n })))
    case 'statistics':
      return clients[0]?.statistics('all')
    default:
      return { seqs, losses, recovered, sessions, ends, notices } satisfies FollowersReport
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
