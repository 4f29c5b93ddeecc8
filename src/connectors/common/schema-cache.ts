import { type Clock, type Logger, messageOf, type Schema } from '#api'

const freshMs = 10_000
const failedMs = 1_000

type Fetch = (topic: string) => Promise<Schema | undefined>

interface Entry {
  readonly schema: Promise<Schema | undefined>
  readonly known: boolean
  /** When to ask again (ms since the epoch). */
  readonly until: number
}

/**
 * Keeps the schema of each topic for ten seconds, then asks again in the background: no message waits for a refresh, and a
 * registry that is away stops nothing that is known. Rejects as `fetch` does while a first
 * answer cannot be had, for a second with the same error.
 */
export function createSchemaCache(fetch: Fetch, clock: Clock, log: Logger): Fetch {
  const entries = new Map<string, Entry>()

  const load = (topic: string): Promise<Schema | undefined> => {
    const schema = fetch(topic)
    const settle = (known: boolean, forMs: number) => () => {
      entries.set(topic, { schema, known, until: clock.now() + forMs })
    }
    entries.set(topic, { schema, known: false, until: Number.POSITIVE_INFINITY })
    schema.then(settle(true, freshMs), settle(false, failedMs))
    return schema
  }

  const refresh = async (topic: string): Promise<void> => {
    try {
      const schema = Promise.resolve(await fetch(topic))
      entries.set(topic, { schema, known: true, until: clock.now() + freshMs })
    } catch (error) {
      log.warn({ topic, reason: messageOf(error) }, 'the schema could not be refreshed, the former one stays')
    }
  }

  return (topic) => {
    const entry = entries.get(topic)
    if (!entry) return load(topic)
    if (clock.now() < entry.until) return entry.schema
    if (!entry.known) return load(topic)
    entries.set(topic, { ...entry, until: clock.now() + freshMs })
    void refresh(topic)
    return entry.schema
  }
}
