import type { Item } from '../channel-state.ts'
import { matcherOf, type Pattern } from '../channels.ts'
import { vectorAt } from './cursor.ts'
import type { Epoch } from './epoch.ts'
import { comparePaths, dominates, isBehind, type Vector } from './vector.ts'

/** What is no longer in the window of one channel, or of all of a pattern: how far it went in each partition, and what vanished last. */
export interface Departed {
  readonly parts: Map<number, Part>
  vanished: Vanished | undefined
}

interface Part {
  offset: number
  path: readonly number[]
}

interface Vanished {
  readonly seq: number
  readonly epoch: Epoch
  readonly cursor: string
}

/** What left the window, by channel: who comes back to a channel on which nothing happened need not be read to. */
export interface Departures {
  note(item: Item): void
  /** Nothing of any channel was read before this offset. */
  setFloor(partition: number, offset: number): void
  /** What left of all channels of a pattern until now. */
  collect(pattern: Pattern): Departed
  /** Whether all that left of the channel of this name, or of what was collected, is behind the vector. */
  isBehind(vector: Vector, of: string | Departed): boolean
  reset(): void
}

/** How many channels and partitions of channels are remembered; what is known of the others is known of all of them together. */
const mostParts = 50_000

const nothingDeparted = (): Departed => ({ parts: new Map(), vanished: undefined })

export function createDepartures(most = mostParts): Departures {
  /** By channel, the one that something left of last at the end. */
  const known = new Map<string, Departed>()
  let newest: Departed | undefined
  let count = 0
  let forgotten = nothingDeparted()
  const floor: number[] = []

  const forgetOldest = (): void => {
    for (const [name, departed] of known) {
      known.delete(name)
      count -= 1 + departed.parts.size
      add(forgotten, departed)
      return
    }
  }
  const isFloorBehind = ({ next }: Vector): boolean => floor.every((from, partition) => (next[partition] ?? 0) >= from)

  return {
    note(item) {
      const { name } = item.channel
      const found = known.get(name)
      const departed = found ?? nothingDeparted()
      const before = found ? 1 + found.parts.size : 0
      noteIn(departed, item)
      count += 1 + departed.parts.size - before
      if (departed !== newest) {
        known.delete(name)
        known.set(name, departed)
        newest = departed
      }
      while (count > most && known.size > 1) forgetOldest()
    },
    setFloor(partition, offset) {
      floor[partition] = offset
    },
    collect(pattern) {
      const all = nothingDeparted()
      add(all, forgotten)
      const isMeant = matcherOf(pattern)
      for (const [name, departed] of known) if (isMeant(name)) add(all, departed)
      return all
    },
    isBehind(vector, of) {
      if (!isFloorBehind(vector)) return false
      // What was collected has what was forgotten until then.
      if (typeof of !== 'string') return isAllBehind(of, vector)
      const own = known.get(of)
      return isAllBehind(forgotten, vector) && (own === undefined || isAllBehind(own, vector))
    },
    reset() {
      known.clear()
      newest = undefined
      count = 0
      forgotten = nothingDeparted()
      floor.length = 0
    },
  }
}

/** An item left the window. */
export function noteIn(departed: Departed, { kind, seq, epoch, cursor, partition, offset, path }: Item): void {
  if (kind === 'expiry') departed.vanished = { seq, epoch, cursor }
  if (kind !== 'message') return
  const part = departed.parts.get(partition)
  if (!part) {
    departed.parts.set(partition, { offset, path })
    return
  }
  part.offset = offset
  part.path = path
}

function add(all: Departed, { parts, vanished }: Departed): void {
  for (const [partition, { offset, path }] of parts) {
    const known = all.parts.get(partition)
    const isFurther = !known || offset > known.offset || (offset === known.offset && comparePaths(path, known.path) > 0)
    if (isFurther) all.parts.set(partition, { offset, path })
  }
  if (vanished && vanished.seq > (all.vanished?.seq ?? -1)) all.vanished = vanished
}

function isAllBehind({ parts, vanished }: Departed, vector: Vector): boolean {
  for (const [partition, { offset, path }] of parts) if (!isBehind(vector, partition, offset, path)) return false
  return isVanishedBehind(vanished, vector)
}

/** Just at the position it may have come after it. */
export function isVanishedBehind(vanished: Pick<Vanished, 'epoch' | 'cursor'> | undefined, vector: Vector): boolean {
  if (!vanished) return true
  const at = vectorAt(vanished.epoch, vanished.cursor)
  return dominates(vector, at) && !dominates(at, vector)
}
