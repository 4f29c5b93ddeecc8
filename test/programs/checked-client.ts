import { WebSocket } from 'ws'
import { connect, type SubscribeOptions } from '../../src/client/index.ts'
import type { Latencies } from './latencies.ts'
import { checkSequence, type Findings } from './sequence-check.ts'

/** What the feed puts into a message. */
export interface Numbered {
  readonly id: string
  readonly n: number
  /** When it was made, ms since 1970. */
  readonly at: number
}

export interface Tally {
  readonly findings: Findings
  readonly latencies: Latencies
  received: number
  /** How often a connection ended, by close code. */
  readonly ends: Record<string, number>
  /** Answers to `subscribe` by `recovered` and its reason. */
  readonly recovered: Record<string, number>
  readonly errors: Record<string, number>
  snapshots: number
}

export interface ClientPlan {
  readonly name: string
  readonly urls: readonly string[]
  /** A source address of its own. */
  readonly localAddress: string
  readonly channel: string
  readonly options: Pick<SubscribeOptions, 'snapshot' | 'window' | 'delta' | 'from'>
  readonly backoff: { readonly initialMs: number; readonly maxMs: number }
}

export interface CheckedClient {
  readonly channel: string
  readonly isUp: boolean
  last(key: string): number
  /** Breaks the connection without a word. */
  drop(): void
  close(): void
}

const count = (counts: Record<string, number>, what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1
}

/** A client that checks what it is told as it comes, and keeps the last number of each key alone. */
export function startCheckedClient(plan: ClientPlan, tally: Tally): CheckedClient {
  const { name, localAddress, channel } = plan
  const check = checkSequence(name, tally.findings)
  let socket: WebSocket | undefined
  let isUp = false

  const keep = (opened: WebSocket): void => {
    socket = opened
  }
  class FromAddress extends WebSocket {
    constructor(url: string, protocols?: string) {
      super(url, protocols, { localAddress, perMessageDeflate: false })
      keep(this)
    }
  }
  const client = connect(plan.urls, {
    WebSocket: FromAddress,
    backoff: plan.backoff,
    onError: ({ code }) => count(tally.errors, code),
  })
  client.onState((state) => {
    if (state.state !== 'waiting') return
    isUp = false
    count(tally.ends, String(state.code))
  })
  client.subscribe<Numbered>(channel, {
    ...plan.options,
    onSubscribed({ recovered, reason }) {
      isUp = true
      count(tally.recovered, reason === undefined ? String(recovered) : `${recovered}: ${reason}`)
    },
    onSnapshot(items) {
      tally.snapshots++
      check.begin(items.map(({ data }) => ({ key: data.id, number: data.n })))
    },
    onMessage({ data, again }) {
      if (!data) return
      tally.received++
      tally.latencies.add(Date.now() - data.at)
      check.take(data.id, data.n, again)
    },
    onError: ({ code }) => count(tally.errors, code),
  })
  return {
    channel,
    get isUp() {
      return isUp
    },
    last: check.last,
    drop: () => socket?.terminate(),
    close: () => client.close(),
  }
}
