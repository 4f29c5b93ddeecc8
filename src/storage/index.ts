export type {
  ConfigChange,
  ConfigState,
  ConfigStore,
  ConnectorEntry,
  RawConfig,
  SessionKey,
  TaskName,
} from './config-store.ts'
export { openFileOffsetStore } from './file-offset-store.ts'
export { createMemoryOffsetStore } from './memory-offset-store.ts'
export { type OffsetMap, type OffsetStore, offsetKey, type StoredOffset, type TopicOffsetStore } from './offset-store.ts'
export type { ReportedState, Status, StatusStore } from './status-store.ts'
export type { TargetState } from './target-state.ts'
