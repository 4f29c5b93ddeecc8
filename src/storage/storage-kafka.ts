import type { Clock, Logger } from '#api'
import { TimeoutError } from '#api'
import type { ClientProps, KafkaClient } from '../kafka/index.ts'

/** What the stores need of Kafka; `createMemoryTopics` is one too. */
export type StorageKafka = Pick<KafkaClient, 'topicLog' | 'producer' | 'transactionalProducer'>

export interface TopicStoreOptions {
  readonly kafka: StorageKafka
  /** Exists already (`ensureInternalTopics`). */
  readonly topic: string
  /** What the names of the store's clients begin with, such as `connect-<group.id>`. */
  readonly clientId: string
  /** The worker's client properties. What a store depends on is set over them. */
  readonly props?: ClientProps | undefined
  readonly log: Logger
  readonly clock: Clock
}

/** Does `work`, `ms` at most: `TimeoutError` when the time ran out, and the signal that `work` was given aborts. */
export async function bounded<T>(
  ms: number,
  what: string,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController()
  const late = clock.sleep(ms, ended.signal).then(() => {
    throw new TimeoutError(`${what} took longer than ${ms} ms. Try again; if it stays so, look whether Kafka answers.`)
  })
  try {
    return await Promise.race([work(ended.signal), late])
  } finally {
    ended.abort()
    // After the work is done nobody waits for the clock any more.
    late.catch(() => undefined)
  }
}
