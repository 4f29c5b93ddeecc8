import type { Client } from './client.ts'
import { closeCodes } from './codes.ts'
import { type Counts, createCounts } from './limits/counts.ts'
import { createTally } from './limits/tally.ts'
import type { Identity } from './who/auth.ts'

/** One open connection, whatever its transport. */
export interface Connection {
  readonly client: Client
  /** Who it is; undefined until that is known. */
  identity(): Identity | undefined
  /** Publications that wait for Kafka. */
  inFlight(): number
  tick(now: number): void
  /** The gate stops: the client is told to leave after so many ms. */
  drain(reconnectAfter: number): void
  /** Nothing more is taken from the client. */
  leave(): void
  /** What it costs beside others: the bytes that wait for it, and those that moved since this was asked last. */
  cost(): number
  /** Ends the socket without a word. */
  destroy(): void
}

/** All open connections. */
export interface Connections {
  add(connection: Connection): void
  /** The socket is closed; the client's subscriptions end. */
  remove(connection: Connection): void
  size(): number
  /** Connections closed so far because their clients did not read. */
  closedSlow(): number
  /** Connections that the gate closed so far, by close code. */
  closed(): Readonly<Record<string, number>>
  all(): Iterable<Connection>
  /** The open connection of a client. */
  of(client: Client): Connection | undefined
  /** Whether the user may have the connection too. */
  takeUser(user: string, connection: Connection): boolean
  /** Makes the connection the producer's only one, unless it was closed meanwhile; answers the former one. */
  takeProducer(producer: string, connection: Connection): Connection | undefined
  /** The producer's connection of that session; undefined when it is closed, or no producer's. */
  producerSession(session: string): Connection | undefined
}

/** `end` is called for each that is removed, and whether it was a producer's. `users`: how many each has. */
export function createConnections(
  end: (client: Client, isProducer: boolean) => void,
  users: Counts = createCounts(0),
): Connections {
  const open = new Set<Connection>()
  const byClient = new Map<Client, Connection>()
  const closed = createTally(Object.keys(closeCodes))
  const userOf = new Map<Connection, string>()
  const producers = new Map<string, Connection>()
  const producerOf = new Map<Connection, string>()
  return {
    add(connection) {
      open.add(connection)
      byClient.set(connection.client, connection)
    },
    remove(connection) {
      if (!open.delete(connection)) return
      byClient.delete(connection.client)
      const producer = producerOf.get(connection)
      producerOf.delete(connection)
      if (producer !== undefined && producers.get(producer) === connection) producers.delete(producer)
      const user = userOf.get(connection)
      if (userOf.delete(connection) && user !== undefined) users.leave(user)
      if (connection.client.closedAs) closed.add(connection.client.closedAs)
      end(connection.client, producer !== undefined)
    },
    size: () => open.size,
    closedSlow: () => closed.counts()['slow'] ?? 0,
    closed: () => closed.counts(),
    all: () => open,
    of: (client) => byClient.get(client),
    takeUser(user, connection) {
      if (users.most === 0 || userOf.has(connection) || !open.has(connection)) return true
      if (!users.enter(user)) return false
      userOf.set(connection, user)
      return true
    },
    takeProducer(producer, connection) {
      if (!open.has(connection) || connection.client.closed) return undefined
      const former = producers.get(producer)
      producers.set(producer, connection)
      producerOf.set(connection, producer)
      return former === connection ? undefined : former
    },
    // Rare: a producer comes back to another worker before this one has missed it.
    producerSession: (session) => [...producerOf.keys()].find(({ client }) => client.session === session),
  }
}
