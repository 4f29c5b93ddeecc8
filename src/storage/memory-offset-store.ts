import { parseExactly } from '../util/exact-json.ts'
import { type OffsetMap, type OffsetStore, offsetKey } from './offset-store.ts'

/** Offsets that live as long as the process. `entries` is shared with who persists them. */
export function createMemoryOffsetStore(entries = new Map<string, OffsetMap>()): OffsetStore {
  return {
    async get(connector, partition) {
      return entries.get(offsetKey(connector, partition))
    },
    async list(connector) {
      return [...entries].flatMap(([key, offset]) => {
        const [name, partition] = parseExactly(key) as [string, OffsetMap]
        return name === connector ? [{ partition, offset }] : []
      })
    },
    async put(connector, offsets) {
      for (const { partition, offset } of offsets) {
        const key = offsetKey(connector, partition)
        if (offset === null) entries.delete(key)
        else entries.set(key, offset)
      }
    },
    async close() {},
  }
}
