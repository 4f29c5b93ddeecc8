import type { WindowLimits } from '#api'
import type { ChannelState, Item } from './channel-state.ts'
import { createFifo, type Fifo, fifoFirst, fifoShift } from './fifo.ts'
import { createDepartures, type Departures, isVanishedBehind } from './positions/departures.ts'
import { comparePaths, type Vector } from './positions/vector.ts'
import { addToView, dropFromView } from './selection/views.ts'

/** The latest messages of a stream, bounded by bytes and age; what a resume is served from. */
export interface Window {
  add(item: Item): void
  /** Nothing before this offset was read. */
  setFloor(partition: number, offset: number): void
  /** Whether the partition has a floor. */
  knows(partition: number): boolean
  evict(now: number): void
  clear(): void
  /** Clears it and forgets what it knows of what left: no position from before is taken any more. */
  reset(): void
  /** Whether everything after the vector, of all the stream's channels, is still here. */
  covers(vector: Vector): boolean
  /** What left, by channel. */
  readonly departures: Departures
  /** Bytes held; frames made later are added by who makes them. */
  readonly account: { bytes: number }
  size(): number
  /** Whether every message after the vector is still here; what vanished meanwhile may be unknown. */
  holds(vector: Vector): boolean
  /** Until the answer is called a little is kept however narrow the limits, so that who was read back to here can go on. */
  hold(): () => void
}

interface Evicted {
  readonly offset: number
  readonly path: readonly number[] | undefined
}

/** What is kept (bytes, ms) while somebody is read back to here. */
const [heldBytes, heldMs] = [4_194_304, 60_000]

/** `onIdle` is called with channels whose last item left. */
export function createWindow(limits: WindowLimits, onIdle: (channel: ChannelState) => void): Window {
  const held: Fifo<Item> = createFifo()
  /** For each partition the highest part of a record that is no longer here. */
  const evicted: Evicted[] = []
  /** What vanished from snapshots last that is no longer here: who is not beyond it may not know. */
  let lastExpiry: Item | undefined
  const departures = createDepartures()
  const account = { bytes: 0 }
  let holders = 0

  const dropFirst = (): void => {
    const item = fifoShift(held)
    if (!item) return
    const { channel } = item
    fifoShift(channel.log)
    // Else its text would stay beyond it.
    const next = fifoFirst(channel.log)
    if (next) next.base = undefined
    account.bytes -= item.bytes
    item.isHeld = false
    if (item.kind === 'message') evicted[item.partition] = { offset: item.offset, path: item.path }
    if (item.kind === 'expiry') lastExpiry = item
    channel.evicted = { seq: item.seq, epoch: item.epoch, cursor: item.cursor }
    departures.note(item)
    for (const view of channel.views) dropFromView(view, item)
    onIdle(channel)
  }
  const evict = (now: number): void => {
    const isHeld = holders > 0
    const [maxBytes, maxAgeMs] = isHeld
      ? [Math.max(limits.maxBytes, heldBytes), Math.max(limits.maxAgeMs, heldMs)]
      : [limits.maxBytes, limits.maxAgeMs]
    for (let first = fifoFirst(held); first; first = fifoFirst(held)) {
      if (account.bytes <= maxBytes && first.at >= now - maxAgeMs) return
      dropFirst()
    }
  }

  const clear = (): void => {
    while (fifoFirst(held)) dropFirst()
  }
  const isCovered = (last: Evicted, partition: number, vector: Vector): boolean => {
    const next = vector.next[partition] ?? 0
    if (last.offset !== next) return last.offset < next
    const reached = vector.paths.get(partition)
    return last.path !== undefined && reached !== undefined && comparePaths(last.path, reached) <= 0
  }
  const holds = (vector: Vector): boolean => evicted.every((last, partition) => isCovered(last, partition, vector))

  return {
    add(item) {
      held.items.push(item)
      item.channel.log.items.push(item)
      for (const view of item.channel.views) addToView(view, item)
      account.bytes += item.bytes
      item.isHeld = true
      evict(item.at)
    },
    setFloor(partition, offset) {
      // As if all of the record before had been here and left.
      evicted[partition] = { offset: offset - 1, path: undefined }
      departures.setFloor(partition, offset)
    },
    knows: (partition) => evicted[partition] !== undefined,
    evict,
    clear,
    reset() {
      clear()
      evicted.length = 0
      lastExpiry = undefined
      departures.reset()
    },
    covers: (vector) => isVanishedBehind(lastExpiry, vector) && holds(vector),
    departures,
    holds,
    hold() {
      holders++
      let isOver = false
      return () => {
        if (!isOver) holders--
        isOver = true
      }
    },
    account,
    size: () => held.items.length - held.head,
  }
}
