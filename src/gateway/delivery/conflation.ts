import { type Item, weightOf } from '../channel-state.ts'
import type { LimitSettings } from '../settings.ts'
import type { Moment } from './pull-source.ts'

/** How many messages may wait, and how many bytes they may hold; a message more may come in, so that each passes. */
export type ConflationBounds = Pick<LimitSettings, 'conflatedMessages' | 'conflatedBytes'>

/** What one subscription waits for, conflated by key: a newer message takes the place of the one before it. */
export interface Conflation {
  /** `before`: the position before the item, to be told when nothing before it waits any more. */
  add(item: Item, isGone: boolean, before: Moment | undefined): void
  /** Takes the oldest place. */
  shift(): Waiting | undefined
  /** The position up to which everything was sent, or replaced by something that was; undefined: it cannot be said. */
  frontier(): Moment | undefined
  /** Messages held; in `latest` one for each key. */
  size(): number
  /** Whether no more is taken in until some was sent. */
  isFull(): boolean
  /** Messages that were replaced, since this was asked last. */
  takeMerged(): number
  merged(): number
}

export interface Waiting {
  /** The newest. */
  readonly item: Item
  /** It no longer passes the selection. */
  readonly isGone: boolean
  /** In `batch` all of them, the newest last; undefined: there is one. */
  readonly items: readonly Item[] | undefined
}

interface Entry {
  item: Item
  isGone: boolean
  items: Item[] | undefined
  readonly before: Moment | undefined
}

/** In `batch` the most messages of one key; beyond it the oldest are merged away. */
const maxBatch = 100

export function createConflation(
  mode: 'latest' | 'batch',
  { conflatedMessages, conflatedBytes }: ConflationBounds,
): Conflation {
  // A map keeps the order in which its keys came. Messages without a key are never conflated.
  const entries = new Map<string | Item, Entry>()
  let size = 0
  let bytes = 0
  let merged = 0

  const replace = (entry: Entry, item: Item, isGone: boolean): void => {
    if (mode === 'batch' && !isGone && !entry.isGone) {
      entry.items ??= [entry.item]
      entry.items.push(item)
      size++
      if (entry.items.length > maxBatch) {
        const oldest = entry.items.shift()
        if (oldest) bytes -= bytesOf(oldest)
        size--
        merged++
      }
    } else {
      const before = entry.items?.length ?? 1
      size -= before - 1
      bytes -= bytesOfAll(entry)
      merged += before
      entry.items = undefined
    }
    entry.item = item
    entry.isGone = isGone
  }

  return {
    add(item, isGone, before) {
      bytes += bytesOf(item)
      // No channel has a space in its name.
      const about = item.key === undefined ? item : `${item.channel.name} ${item.key}`
      const known = entries.get(about)
      if (known) return replace(known, item, isGone)
      entries.set(about, { item, isGone, items: undefined, before })
      size++
    },
    shift() {
      for (const [about, entry] of entries) {
        entries.delete(about)
        size -= entry.items?.length ?? 1
        bytes -= bytesOfAll(entry)
        return entry
      }
      return undefined
    },
    frontier() {
      for (const { before } of entries.values()) return before
      return undefined
    },
    size: () => size,
    isFull: () => size >= conflatedMessages || bytes >= conflatedBytes,
    takeMerged() {
      const count = merged
      merged = 0
      return count
    },
    merged: () => merged,
  }
}

const bytesOf = ({ cursor, key, data }: Item): number => weightOf(cursor, key, data)
const bytesOfAll = ({ item, items }: Entry): number =>
  items ? items.reduce((sum, each) => sum + bytesOf(each), 0) : bytesOf(item)
