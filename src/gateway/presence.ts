import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Clock, Logger } from '#api'
import { type Attendance, attendanceOf, type Counted, counted, type Listed, listed } from './attendance.ts'
import type { Connections } from './connections.ts'
import type { Hub } from './hub.ts'
import type { Expensive } from './limits/expensive.ts'
import { type GatePeers, readPeer } from './peers.ts'

/** Who is subscribed to a channel, over all gates that serve it. What is asked again soon gets the same answer. Never rejects. */
export interface Presence {
  presence(channel: string): Promise<PresenceAnswer>
  statistics(channel: string): Promise<StatisticsAnswer>
  /** Answers other gates no more. */
  close(): void
}

export interface PresenceAnswer extends Listed {
  /** A gate did not answer: its clients are missing. */
  readonly partial: boolean
}

export interface StatisticsAnswer {
  readonly clients: number
  readonly sessions: number
  readonly partial: boolean
}

export interface PresenceOptions {
  readonly connections: Pick<Connections, 'of'>
  readonly hub: Pick<Hub, 'streams'>
  readonly peers: GatePeers
  /** Whose budget what is found out here counts in, whoever asks. */
  readonly expensive: Pick<Expensive, 'spend'>
  readonly clock: Clock
  readonly log: Logger
}

/** Milliseconds: how long other gates may take, and how long an answer is good for; and how many answers are kept. */
const [askMs, goodMs, maxKept] = [1000, 1000, 1000]

/** What it takes to look at one subscription or pattern, and to make a mark, in bytes of a snapshot. */
const [lookCost, markCost] = [200, 1000]

const ajv = new Ajv()
const atLeastNone = Type.Integer({ minimum: 0 })
const listedSchema = Type.Object({
  clients: Type.Array(Type.Tuple([Type.String(), atLeastNone])),
  more: Type.Boolean(),
})
const countedSchema = Type.Object({ sessions: atLeastNone, others: atLeastNone, marks: Type.Array(Type.String()) })
const isListed = ajv.compile<Static<typeof listedSchema>>(listedSchema)
const isCounted = ajv.compile<Static<typeof countedSchema>>(countedSchema)

export function createPresence({ connections, hub, peers, expensive, clock, log }: PresenceOptions): Presence {
  const here = (channel: string): Attendance => {
    const attendance = attendanceOf(channel, hub.streams(), connections)
    expensive.spend(lookCost * (1 + attendance.looked), clock.now())
    return attendance
  }
  const count = (attendance: Attendance): Counted => {
    const made = counted(attendance)
    expensive.spend(markCost * made.marks.length, clock.now())
    return made
  }
  const kept = new Map<string, { readonly until: number; readonly answer: Promise<unknown> }>()
  const close = [
    peers.serve('presence', (body) => toBytes(listed(here(body.toString()).clients))),
    peers.serve('statistics', (body) => toBytes(count(here(body.toString())))),
  ]

  /** What all say, this gate first; undefined of whom nothing of use came. */
  async function ask<T>(
    what: string,
    channel: string,
    own: (attendance: Attendance) => T,
    isOne: (value: unknown) => value is T,
  ): Promise<readonly (T | undefined)[]> {
    // Before others are asked, so that it is paid for when the next one comes.
    const ours = own(here(channel))
    try {
      const answers = await peers.ask(what, Buffer.from(channel), askMs)
      return [ours, ...answers.map((answer) => readPeer(answer, isOne))]
    } catch (error) {
      log.warn({ what, err: error }, 'other gates not asked')
      return [ours, undefined]
    }
  }

  function once<T>(what: string, channel: string, answer: () => Promise<T>): Promise<T> {
    const now = clock.now()
    const name = `${what} ${channel}`
    const known = kept.get(name)
    if (known && known.until > now) return known.answer as Promise<T>
    const made = answer()
    // Newest last, so that the oldest leave.
    kept.delete(name)
    kept.set(name, { until: now + goodMs, answer: made })
    for (const [oldest, { until }] of kept) {
      if (until > now && kept.size <= maxKept) break
      kept.delete(oldest)
    }
    return made
  }

  return {
    presence: (channel) =>
      once('presence', channel, async () => {
        const all = await ask('presence', channel, ({ clients }) => listed(clients), isListed)
        const sessions = new Map<string, number>()
        for (const [client, has] of all.flatMap((one) => one?.clients ?? []))
          sessions.set(client, (sessions.get(client) ?? 0) + has)
        const { clients, more } = listed(sessions)
        const partial = all.includes(undefined)
        return { clients, more: more || partial || all.some((one) => one?.more), partial }
      }),
    statistics: (channel) =>
      once('statistics', channel, async () => {
        const all = await ask('statistics', channel, count, isCounted)
        const marks = new Set(all.flatMap((one) => one?.marks ?? []))
        const sum = (of: (one: Counted) => number): number => all.reduce((total, one) => total + (one ? of(one) : 0), 0)
        return {
          clients: marks.size + sum(({ others }) => others),
          sessions: sum(({ sessions }) => sessions),
          partial: all.includes(undefined),
        }
      }),
    close: () => {
      for (const end of close) end()
    },
  }
}

const toBytes = (value: Listed | Counted): Buffer => Buffer.from(JSON.stringify(value))
