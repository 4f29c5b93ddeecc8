export type {
  ConfigChange,
  ConfigState,
  ConfigStore,
  ConnectorEntry,
  RawConfig,
  SessionKey,
  TaskName,
} from './config-store.ts'
export {
  type ConnectorOffsetStore,
  type ConnectorOffsetStoreOptions,
  createConnectorOffsetStore,
} from './connector-offset-store.ts'
export { openFileOffsetStore } from './file-offset-store.ts'
export { openFileRevocations } from './file-revocations.ts'
export { ensureInternalTopics, type InternalTopic, type InternalTopicOptions } from './internal-topics.ts'
export { type ConfigStoreOptions, openConfigStore } from './kafka-config-store.ts'
export { openTopicOffsetStore, type TopicOffsetStoreOptions } from './kafka-offset-store.ts'
export { openStatusStore } from './kafka-status-store.ts'
export { createMemoryConfigStore } from './memory-config-store.ts'
export { createMemoryOffsetStore } from './memory-offset-store.ts'
export { createMemoryStatusStore } from './memory-status-store.ts'
export { createMemoryTopics, type MemoryTopics } from './memory-topics.ts'
export {
  type OffsetMap,
  type OffsetStore,
  offsetKey,
  type StoredOffset,
  type TopicOffsetStore,
} from './offset-store.ts'
export type { ReportedState, Status, StatusStore } from './status-store.ts'
export { bounded, type StorageKafka, type TopicStoreOptions } from './storage-kafka.ts'
export type { TargetState } from './target-state.ts'
export { openTopicRevocations, type StoredRevocations } from './topic-revocations.ts'
