import type { Item } from '../channel-state.ts'
import { matches, type Pattern, parsePattern } from '../channels.ts'
import type { Found, Moment } from '../delivery/pull-source.ts'
import { createFifo, type Fifo, fifoFind, fifoFirst, fifoShift } from '../fifo.ts'

/** Who takes what was read back, at its own speed. */
export interface Taker {
  /** Channels or patterns. */
  readonly names: readonly string[]
  /** It has everything up to this sequence number. */
  after: number
}

/** What was read back for some channels and not yet taken by all who want it. */
export interface ReadBuffer<T extends Taker> {
  watch(taker: T): void
  unwatch(taker: T): void
  /** Where a channel's items belong; empty: nobody wants them. */
  logsFor(channel: string): readonly ChannelLog[]
  add(item: Item, logs: readonly ChannelLog[]): void
  /** The taker's next item. */
  next(taker: T): Found | undefined
  isFull(): boolean
  /** Lets go of what all have taken. */
  trim(): void
  /** Those that hold the oldest part, for whom the others would have to wait. */
  laggards(): T[]
  /** Whether somebody has nothing left to take. */
  hasStarving(): boolean
}

export interface ChannelLog {
  readonly items: Fifo<Item>
  /** The newest item that was let go of. */
  gone: Moment | undefined
  users: number
  readonly pattern: Pattern | undefined
}

export const isPattern = (name: string): boolean => name.split(':').includes('*')

export function createReadBuffer<T extends Taker>(maxBytes: number): ReadBuffer<T> {
  const held: Fifo<{ readonly item: Item; readonly logs: readonly ChannelLog[] }> = createFifo()
  const logs = new Map<string, ChannelLog>()
  const takers = new Set<T>()
  let patterns: ChannelLog[] = []
  let bytes = 0

  const next = ({ names, after }: T): Found | undefined => {
    let best: Found | undefined
    for (const name of names) {
      const log = logs.get(name)
      if (!log) continue
      const { items, gone } = log
      const place = fifoFind(items, ({ seq }) => seq > after)
      const item = items.items[place]
      if (item && (!best || item.seq < best.item.seq))
        best = { item, former: place > items.head ? items.items[place - 1] : gone }
    }
    return best
  }
  const setPatterns = (): void => {
    patterns = [...logs.values()].filter(({ pattern }) => pattern !== undefined)
  }

  return {
    watch(taker) {
      takers.add(taker)
      for (const name of taker.names) {
        const pattern = isPattern(name) ? parsePattern(name) : undefined
        const log = logs.get(name) ?? { items: createFifo(), gone: undefined, users: 0, pattern }
        log.users++
        logs.set(name, log)
      }
      setPatterns()
    },
    unwatch(taker) {
      if (!takers.delete(taker)) return
      for (const name of taker.names) {
        const log = logs.get(name)
        if (log && --log.users === 0) logs.delete(name)
      }
      setPatterns()
    },
    logsFor(channel) {
      const exact = logs.get(channel)
      if (patterns.length === 0) return exact ? [exact] : none
      const found = patterns.filter(({ pattern }) => pattern && matches(pattern, channel))
      return exact ? [exact, ...found] : found
    },
    add(item, to) {
      held.items.push({ item, logs: to })
      for (const { items } of to) items.items.push(item)
      bytes += item.bytes
    },
    next,
    isFull: () => bytes > maxBytes,
    trim() {
      let least = Number.POSITIVE_INFINITY
      for (const taker of takers) least = Math.min(least, next(taker)?.item.seq ?? least)
      for (let first = fifoFirst(held); first && first.item.seq < least; first = fifoFirst(held)) {
        fifoShift(held)
        bytes -= first.item.bytes
        for (const log of first.logs) {
          fifoShift(log.items)
          log.gone = first.item
        }
      }
    },
    laggards() {
      const quarter = held.items[held.head + ((held.items.length - held.head) >> 2)]?.item.seq ?? 0
      return [...takers].filter((taker) => (next(taker)?.item.seq ?? Number.POSITIVE_INFINITY) <= quarter)
    },
    hasStarving: () => [...takers].some((taker) => next(taker) === undefined),
  }
}

const none: readonly ChannelLog[] = []
