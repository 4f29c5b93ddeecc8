import type { Item } from './channel-state.ts'
import type { SnapshotEntry } from './snapshot.ts'

/** Whether a message passes a filter or lies in a box. */
export type Judge = (candidate: Item | SnapshotEntry) => boolean
