import type { Identity } from './auth.ts'
import type { Client } from './client.ts'

/** One open connection, whatever its transport. */
export interface Connection {
  readonly client: Client
  /** Who it is; undefined until that is known. */
  identity(): Identity | undefined
  /** Publications that wait for Kafka. */
  inFlight(): number
  tick(now: number): void
  /** The gate stops: nothing more is taken from the client. */
  drain(reconnectAfter: number): void
  /** Ends the socket without a word. */
  destroy(): void
}

/** All open connections. */
export interface Connections {
  add(connection: Connection): void
  /** The socket is closed; the client's subscriptions end. */
  remove(connection: Connection): void
  isFull(): boolean
  size(): number
  /** Connections closed so far because their clients did not read. */
  closedSlow(): number
  all(): Iterable<Connection>
  /** Makes the connection the producer's only one, unless it was closed meanwhile; answers the former one. */
  takeProducer(producer: string, connection: Connection): Connection | undefined
  /** The producer's connection of that session; undefined when it is closed, or no producer's. */
  producerSession(session: string): Connection | undefined
}

/** `end` is called for each that is removed, and whether it was a producer's. */
export function createConnections(limit: number, end: (client: Client, isProducer: boolean) => void): Connections {
  const open = new Set<Connection>()
  let slow = 0
  const producers = new Map<string, Connection>()
  const producerOf = new Map<Connection, string>()
  return {
    add: (connection) => void open.add(connection),
    remove(connection) {
      if (!open.delete(connection)) return
      const producer = producerOf.get(connection)
      producerOf.delete(connection)
      if (producer !== undefined && producers.get(producer) === connection) producers.delete(producer)
      if (connection.client.closedAs === 'slow') slow++
      end(connection.client, producer !== undefined)
    },
    isFull: () => limit > 0 && open.size >= limit,
    size: () => open.size,
    closedSlow: () => slow,
    all: () => open,
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
