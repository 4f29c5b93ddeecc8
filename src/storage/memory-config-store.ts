import type { Clock, Logger } from '#api'
import type { ConfigStore } from './config-store.ts'
import { openConfigStore } from './kafka-config-store.ts'
import { createMemoryTopics, type MemoryTopics } from './memory-topics.ts'

/** The stores of several workers share `topics`, as they share a Kafka cluster; the newest that claims leads. */
export const createMemoryConfigStore = (options: {
  readonly log: Logger
  readonly clock: Clock
  readonly topics?: MemoryTopics | undefined
}): Promise<ConfigStore> => {
  const { log, clock, topics = createMemoryTopics() } = options
  return openConfigStore({ kafka: topics, topic: 'configs', clientId: 'memory', groupId: 'memory', log, clock })
}
