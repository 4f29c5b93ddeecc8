import type { Clock, Logger } from '#api'
import { openStatusStore } from './kafka-status-store.ts'
import { createMemoryTopics, type MemoryTopics } from './memory-topics.ts'
import type { StatusStore } from './status-store.ts'

/** The stores of several workers share `topics`, as they share a Kafka cluster. */
export const createMemoryStatusStore = (options: {
  readonly log: Logger
  readonly clock: Clock
  readonly topics?: MemoryTopics | undefined
}): Promise<StatusStore> => {
  const { log, clock, topics = createMemoryTopics() } = options
  return openStatusStore({ kafka: topics, topic: 'statuses', clientId: 'memory', log, clock })
}
