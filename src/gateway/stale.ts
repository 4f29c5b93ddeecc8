import type { Client } from './client.ts'

/** Tells clients once when Kafka cannot be reached, and once when it can again. */
export interface Stale {
  /** What concerns these clients may have changed. */
  look(clients: Iterable<Client>): void
}

/** `sources` says since when (ms) what takes publications cannot store them: anybody may be about to publish. */
export function createStale(sources: () => number | undefined): Stale {
  const told = new WeakSet<Client>()
  return {
    look(clients) {
      const publishing = sources()
      for (const client of clients) {
        let since = publishing
        for (const { stream } of client.subscriptions.values()) {
          const of = stream.staleSince()
          if (of !== undefined) since = Math.min(of, since ?? of)
        }
        if (since !== undefined && !told.has(client)) {
          told.add(client)
          client.events.notice('stale', { since })
        } else if (since === undefined && told.delete(client)) {
          client.events.notice('fresh', {})
        }
      }
    },
  }
}
