import type { ChannelState, Item } from '../channel-state.ts'
import { fifoFind } from '../fifo.ts'
import { vectorAt } from '../positions/cursor.ts'
import type { Epoch } from '../positions/epoch.ts'
import type { Vector } from '../positions/vector.ts'

/** An item on its way to one subscription. */
export interface Found {
  readonly item: Item
  /** What came before it on the way: the position that introduces another epoch. Undefined: the epoch's start. */
  readonly former: { readonly epoch: Epoch; readonly cursor: string } | undefined
  /** What vanished is to be told, wherever the subscription comes from. */
  readonly isSure?: true
}

/**
 * Where a subscription that is below the window gets its items from: a read-back of Kafka. It calls `stream.wake` when it has
 * more.
 */
export interface PullSource {
  /**
   * The next item, taken. `wait`: it is being read. `end`: the window has the rest, after the `after` and `base` that the source
   * has set; it is not asked again. `passed`: what comes next cannot be had any more.
   */
  take(): Found | 'wait' | 'end' | 'passed'
  /** The time (ms) of the next item; undefined: it is being read, or to be behind is not to be slow. */
  nextAt?(): number | undefined
  /** How far reading has come for the subscription, while there is nothing for it. */
  reached?(): Moment | undefined
  /** Nothing more is wanted of it. */
  stop(): void
}

/** A position of this gate's own. */
export interface Moment {
  readonly epoch: Epoch
  readonly cursor: string
}

/** What lies behind a subscription: by a position, or by the partitions. */
export const vectorOf = (stands: Vector | Moment): Vector =>
  'cursor' in stands ? vectorAt(stands.epoch, stands.cursor) : stands

/** The state of the stream just before a record, of which an item is the first part that a subscriber gets. */
export function vectorBefore({ epoch, cursor, partition, offset }: Item): Vector {
  const { next, paths } = vectorAt(epoch, cursor)
  if (partition < 0) return { next, paths }
  const others = [...paths].filter(([index]) => index !== partition)
  return { next: next.with(partition, offset), paths: new Map(others) }
}

/** The first item of the channels after a sequence number; `passed` when it is no longer in the window. */
export function nextInWindow(channels: readonly ChannelState[], after: number): Found | undefined | 'passed' {
  let best: { readonly channel: ChannelState; readonly item: Item; readonly place: number } | undefined
  for (const channel of channels) {
    if (channel.evicted && channel.evicted.seq > after) return 'passed'
    const place = fifoFind(channel.log, (item) => item.seq > after)
    const item = channel.log.items[place]
    if (item && (!best || item.seq < best.item.seq)) best = { channel, item, place }
  }
  if (!best) return undefined
  const { channel, item, place } = best
  return { item, former: place > channel.log.head ? channel.log.items[place - 1] : channel.evicted }
}
