export { openFileOffsetStore } from './file-offset-store.ts'
export { createMemoryOffsetStore } from './memory-offset-store.ts'
export { type OffsetMap, type OffsetStore, offsetKey, type StoredOffset } from './offset-store.ts'
