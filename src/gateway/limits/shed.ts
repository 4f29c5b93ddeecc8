import { closeClient } from '../client.ts'
import type { Connection } from '../connections.ts'

/** Of a hundred connections, how many are closed in one look. */
const share = 0.01

/** Closes the connections that cost most: those for which most bytes wait and moved since the last look. Answers how many. */
export function shed(connections: Iterable<Connection>): number {
  const open = [...connections].filter(({ client }) => !client.closed)
  const costs = open.map((connection) => ({ connection, cost: connection.cost() }))
  const most = Math.ceil(open.length * share)
  for (const { connection } of costs.toSorted((a, b) => b.cost - a.cost).slice(0, most))
    closeClient(connection.client, 'overloaded')
  return most
}
