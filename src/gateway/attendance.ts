import { createHash } from 'node:crypto'
import type { Connections } from './connections.ts'
import type { Stream } from './stream.ts'

/** Who is subscribed to a channel, by the channel itself or by a pattern. */
export interface Attendance {
  /** How many sessions each client has there; a client without a name is a session. */
  readonly clients: ReadonlyMap<string, number>
  /** Those of them whom a token or a certificate names. */
  readonly named: ReadonlySet<string>
  /** How many subscriptions, and patterns, were looked at. */
  readonly looked: number
}

/** On this gate. Looks at those alone who are there. */
export function attendanceOf(
  channel: string,
  streams: Iterable<Pick<Stream, 'statesOf' | 'channels' | 'patternCount'>>,
  connections: Pick<Connections, 'of'>,
): Attendance {
  const clients = new Map<string, number>()
  const named = new Set<string>()
  let looked = 0
  for (const stream of streams) {
    // A channel that has nothing yet is compared with every pattern.
    if (!stream.channels.has(channel)) looked += stream.patternCount()
    for (const { subscriptions } of stream.statesOf(channel)) {
      looked += subscriptions.size
      for (const { client } of subscriptions) {
        const identity = connections.of(client)?.identity()
        if (!identity) continue
        clients.set(identity.client, (clients.get(identity.client) ?? 0) + 1)
        if (identity.isAuthenticated) named.add(identity.client)
      }
    }
  }
  return { clients, named, looked }
}

/** The most clients that are listed, and the most characters of their names together. */
const [maxListed, maxCharacters] = [1000, 262_144]

export interface Listed {
  readonly clients: readonly (readonly [client: string, sessions: number])[]
  /** There are others. */
  readonly more: boolean
}

export function listed(all: Iterable<readonly [string, number]>): Listed {
  const clients: (readonly [string, number])[] = []
  let characters = 0
  for (const each of all) {
    characters += each[0].length
    if (clients.length === maxListed || characters > maxCharacters) return { clients, more: true }
    clients.push(each)
  }
  return { clients, more: false }
}

/** The most named clients of one gate that are told from those of others. */
const maxTold = 20_000

/** What a gate says of how many there are: of named clients marks that tell whether another gate has them, too. */
export interface Counted {
  readonly sessions: number
  /** All but those with a mark. */
  readonly others: number
  readonly marks: readonly string[]
}

export function counted({ clients, named }: Attendance): Counted {
  const marks = [...named]
    .slice(0, maxTold)
    .map((name) => createHash('sha256').update(name).digest('base64').slice(0, 12))
  const sessions = [...clients.values()].reduce((sum, each) => sum + each, 0)
  return { sessions, others: clients.size - marks.length, marks }
}
