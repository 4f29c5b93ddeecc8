import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CheckedClient, type ClientPlan, startCheckedClient, type Tally } from './checked-client.ts'
import { startDeafClient } from './deaf-client.ts'
import { countLatencies } from './latencies.ts'
import { noFindings } from './sequence-check.ts'

// Many clients in a process of their own. Commands come as lines of JSON, `{id, command, …}`; each is answered by one, `{id, …}`.
// It ends when its input does.

export interface StartClients extends Omit<ClientPlan, 'name' | 'localAddress' | 'channel'> {
  /** Of the first of these clients, over all programs: names, addresses and channels follow from it. */
  readonly first: number
  readonly clients: number
  readonly channels: readonly string[]
  /** How many begin at once. */
  readonly atOnce: number
}

export interface StartDeaf {
  readonly first: number
  readonly clients: number
  readonly urls: readonly string[]
  readonly channels: readonly string[]
  readonly againMs: number
}

export interface Report extends Omit<Tally, 'latencies'> {
  readonly clients: number
  readonly up: number
  /** Of the process, bytes. */
  readonly rss: number
  readonly cpuMs: number
}

const freshTally = (): Tally => ({
  findings: noFindings(),
  latencies: countLatencies(),
  received: 0,
  ends: {},
  recovered: {},
  errors: {},
  snapshots: 0,
  cuts: { resumes: 0, snapshots: 0, records: 0 },
})

let tally = freshTally()
const clients: CheckedClient[] = []
const deaf: (() => void)[] = []
/** Begins so many of them anew, in turn. */
let renewals: ((many: number) => void)[] = []
let renewing: NodeJS.Timeout | undefined

const addressOf = (index: number): string =>
  `127.${1 + ((index >> 16) & 127)}.${(index >> 8) & 255}.${1 + (index % 250)}`
const channelOf = (channels: readonly string[], index: number): string => channels[index % channels.length] ?? ''

async function start(wanted: StartClients): Promise<void> {
  const { first, clients: many, channels, atOnce } = wanted
  const begin = (index: number): CheckedClient =>
    startCheckedClient(
      {
        ...wanted,
        name: `client ${index}`,
        localAddress: addressOf(index),
        channel: channelOf(channels, index),
      },
      tally,
    )
  const place = clients.length
  for (let from = 0; from < many; from += atOnce) {
    const until = Math.min(many, from + atOnce)
    for (let index = from; index < until; index++) clients.push(begin(first + index))
    await up(place + until)
  }
  let turn = 0
  renewals.push((count) => {
    for (let left = Math.min(count, many); left > 0; left--) {
      const index = turn++ % many
      clients[place + index]?.close()
      clients[place + index] = begin(first + index)
    }
  })
}

/** Waits until so many are connected and subscribed; the time (ms) that it took. */
async function up(many: number, timeoutMs = 120_000): Promise<number> {
  const began = performance.now()
  while (clients.filter(({ isUp }) => isUp).length < many) {
    if (performance.now() - began > timeoutMs)
      throw new Error(`Not all of ${many} clients came up: ${JSON.stringify(report())}`)
    await sleep(20)
  }
  return performance.now() - began
}

export interface Renewal {
  readonly many: number
  readonly everyMs?: number
}

interface Wanted {
  /** The last number of each key, by channel. */
  readonly last: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly timeoutMs: number
}

/** Waits until every client has the last number of each key of its channel; what is missing at the end. */
async function complete({ last, timeoutMs }: Wanted): Promise<readonly string[]> {
  clearInterval(renewing)
  const deadline = performance.now() + timeoutMs
  const missing = (): string[] =>
    clients.flatMap(({ channel, last: lastOf }, index) =>
      Object.entries(last[channel] ?? {})
        .filter(([key, number]) => lastOf(key) !== number)
        .map(([key, number]) => `client ${index} on ${channel}: ${key} at ${lastOf(key)} of ${number}`),
    )
  for (let left = missing(); ; left = missing()) {
    if (left.length === 0 || performance.now() > deadline) return left.slice(0, 20)
    await sleep(50)
  }
}

function report(): Report {
  const { findings, received, ends, recovered, errors, snapshots, cuts } = tally
  const { user, system } = process.cpuUsage()
  return {
    findings,
    received,
    ends,
    recovered,
    errors,
    snapshots,
    cuts,
    clients: clients.length,
    up: clients.filter(({ isUp }) => isUp).length,
    rss: process.memoryUsage().rss,
    cpuMs: (user + system) / 1000,
  }
}

const commands = {
  start,
  async deaf({ first, clients: many, urls, channels, againMs }: StartDeaf): Promise<void> {
    for (let index = first; index < first + many; index++) {
      const url = urls[index % urls.length] ?? ''
      deaf.push(startDeafClient({ url, localAddress: addressOf(index), channels, againMs }))
    }
  },
  up: ({ timeoutMs }: { readonly timeoutMs: number }) => up(clients.length, timeoutMs),
  complete,
  report: async () => report(),
  /** Times since the last call. */
  latencies: async () => tally.latencies.take(),
  /** Now, or each `everyMs` until `complete`. */
  async renew({ many, everyMs }: Renewal): Promise<void> {
    const renew = (): void => {
      for (const renewal of renewals) renewal(many)
    }
    if (everyMs === undefined) renew()
    else renewing = setInterval(renew, everyMs)
  },
  async drop() {
    for (const client of clients) client.drop()
  },
  async end() {
    for (const stop of deaf) stop()
    for (const client of clients) client.close()
    clients.length = 0
    renewals = []
    tally = freshTally()
  },
} as const satisfies Record<string, (input: never) => Promise<unknown>>

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { id, command, input } = JSON.parse(line) as { id: number; command: keyof typeof commands; input: never }
  const answer = (facts: object): void => void process.stdout.write(`${JSON.stringify({ id, ...facts })}\n`)
  commands[command](input).then(
    (result: unknown) => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  )
})
// oxlint-disable-next-line unicorn/no-process-exit -- a program has no other end
lines.on('close', () => process.exit())
