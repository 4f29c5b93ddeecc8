import type { Logger } from '#api'
import { type OffsetStore, offsetKey, type StoredOffset, type TopicOffsetStore } from './offset-store.ts'

export interface ConnectorOffsetStoreOptions {
  /** In the connector's own topic; closed with this one. */
  readonly own: TopicOffsetStore
  /** The worker's, which others use too. */
  readonly worker: OffsetStore
  readonly log: Logger
}

/** Offsets of a connector that has a topic of its own for them (`offsets.storage.topic`). */
export interface ConnectorOffsetStore extends TopicOffsetStore {
  /** A transaction with `records` of these was committed: the worker's store gets them too, if it can be. */
  copy(connector: string, offsets: readonly StoredOffset[]): Promise<void>
}

/**
 * The connector's own store goes before the worker's, which is asked for what the own one lacks and gets a copy of what is written, so that the
 * topic can be given up again. What is forgotten is forgotten by the worker's first: else it would be found there (KAFKA-15018).
 */
export function createConnectorOffsetStore({ own, worker, log }: ConnectorOffsetStoreOptions): ConnectorOffsetStore {
  async function copy(connector: string, offsets: readonly StoredOffset[]): Promise<void> {
    const kept = offsets.filter(({ offset }) => offset !== null)
    try {
      await worker.put(connector, kept)
    } catch (error) {
      log.warn({ error }, 'the offsets were stored in the connector’s own topic, and not copied to the worker’s')
    }
  }

  return {
    async get(connector, partition, signal) {
      return (await own.get(connector, partition, signal)) ?? worker.get(connector, partition, signal)
    },
    async list(connector, signal) {
      const [others, mine] = await Promise.all([worker.list(connector, signal), own.list(connector, signal)])
      const merged = [...others, ...mine].map((each) => [offsetKey(connector, each.partition), each] as const)
      return [...new Map(merged).values()]
    },
    async put(connector, offsets) {
      const forgotten = offsets.filter(({ offset }) => offset === null)
      if (forgotten.length > 0) await worker.put(connector, forgotten)
      await own.put(connector, offsets)
      await copy(connector, offsets)
    },
    records: own.records,
    copy,
    close: own.close,
  }
}
