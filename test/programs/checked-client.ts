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
  /** How many of its record come after it. */
  readonly left: number
}

export interface Tally {
  readonly findings: Findings
  readonly latencies: Latencies
  received: number
  /** How often a connection ended, by close code and reason. */
  readonly ends: Record<string, number>
  /** Answers to `subscribe` by `recovered` and its reason. */
  readonly recovered: Record<string, number>
  readonly errors: Record<string, number>
  snapshots: number
  readonly cuts: Cuts
}

/** In what the loss of a connection fell. */
export interface Cuts {
  /** A client that had come back and did not have yet all that it had missed. */
  resumes: number
  /** Snapshots that were asked for and had not come whole. */
  snapshots: number
  /** The last message was not the last one of its record. */
  records: number
}

export interface ClientPlan {
  readonly name: string
  readonly urls: readonly string[]
  /** A source address of its own. */
  readonly localAddress: string
  readonly channel: string
  readonly options: Pick<SubscribeOptions, 'snapshot' | 'window' | 'delta' | 'from' | 'maxRate'>
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
  let hasBegun = false
  let left = 0
  /** When the gate greeted it; undefined: there is no connection. */
  let greetedAt: number | undefined
  /** Not before all that was missed is here. */
  let isResuming = false
  let awaitsSnapshot = false

  const noteCuts = (): void => {
    if (greetedAt === undefined) return
    greetedAt = undefined
    if (hasBegun && (!isUp || isResuming)) tally.cuts.resumes++
    if (awaitsSnapshot) tally.cuts.snapshots++
    if (left > 0) tally.cuts.records++
  }

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
    if (state.state === 'connected') {
      greetedAt = Date.now()
      awaitsSnapshot = plan.options.snapshot === true && !hasBegun
    }
    if (state.state !== 'waiting') return
    noteCuts()
    isUp = false
    isResuming = false
    count(tally.ends, `${state.code} ${state.reason}`.trim())
  })
  client.subscribe<Numbered>(channel, {
    ...plan.options,
    onSubscribed({ recovered, reason }) {
      isUp = true
      if (plan.options.snapshot !== true) hasBegun = true
      count(tally.recovered, reason === undefined ? String(recovered) : `${recovered}: ${reason}`)
    },
    onSnapshot(items) {
      tally.snapshots++
      hasBegun = true
      awaitsSnapshot = false
      check.begin(items.map(({ data }) => ({ key: data.id, number: data.n })))
    },
    onMessage({ data, again }) {
      if (!data) return
      tally.received++
      tally.latencies.add(Date.now() - data.at)
      isResuming = data.at < (greetedAt ?? 0)
      left = data.left
      check.take(data.id, data.n, again)
    },
    onLive() {
      isResuming = false
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
