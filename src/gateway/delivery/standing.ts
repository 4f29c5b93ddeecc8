import { encodeCursor, vectorAt } from '../positions/cursor.ts'
import type { Epoch } from '../positions/epoch.ts'
import { dominates, isBehind, join, type Vector } from '../positions/vector.ts'
import { type Found, type Moment, vectorOf } from './pull-source.ts'

/** Where somebody stands who takes items in this worker's order, which need not be the one that its position was told in. */
export interface Standing {
  /**
   * Its position, while this worker's order has not reached it: what lies behind it is passed over, and cursors are made for it
   * alone. Ends with the first item whose position dominates it.
   */
  base: Vector | undefined
  /** What lies behind it, or is superseded: where it goes on when the window has moved past it. */
  stands: Vector | Moment
}

/** An item as it is for one that takes it. */
export interface Step {
  /** The position after it, under the item's epoch. */
  readonly cursor: string
  /** The position before it, under the item's epoch. */
  readonly before: string
}

/** Takes an item; undefined: it lies behind. */
export function step(standing: Standing, { item, former, isSure }: Found): Step | undefined {
  const { base } = standing
  let { cursor } = item
  let before = former?.epoch === item.epoch ? former.cursor : '.'
  if (base) {
    const reached = vectorAt(item.epoch, item.cursor)
    const isAhead = dominates(reached, base)
    if (isAhead) standing.base = undefined
    const isOver =
      item.kind === 'expiry'
        ? !isSure && dominates(base, reached) && !isAhead
        : isBehind(base, item.partition, item.offset, item.path)
    if (isOver) return undefined
    if (!isAhead) cursor = encodeCursor(item.epoch.start, join(reached, base))
    before = encodeCursor(item.epoch.start, join(vectorAt(item.epoch, before), base))
  }
  standing.stands = { epoch: item.epoch, cursor }
  return { cursor, before }
}

/** All that lies behind it. */
export function placeOf({ base, stands }: Standing): Vector {
  const at = vectorOf(stands)
  return base ? join(at, base) : at
}

/** A position longer than this is not told. */
const longestCursor = 1024

/** A place under an epoch; undefined when that cannot be said: an epoch knows no partitions that were found after it. */
export function sayable(epoch: Epoch, place: Vector): Moment | undefined {
  if (place.next.some((at, index) => at > 0 && index >= epoch.start.length)) return undefined
  const cursor = encodeCursor(epoch.start, place)
  return cursor.length > longestCursor ? undefined : { epoch, cursor }
}
