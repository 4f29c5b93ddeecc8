import type { Pattern } from './channels.ts'
import type { Form, Subscription } from './client.ts'
import { createFifo, type Fifo, fifoSize } from './fifo.ts'
import type { Departed } from './positions/departures.ts'
import type { Epoch } from './positions/epoch.ts'
import type { SnapshotEntry } from './selection/snapshot.ts'
import type { SnapshotPages } from './selection/snapshot-pages.ts'

/**
 * What subscribers of a channel get, in the worker's order. `message`: of a record; `expiry`: a snapshot entry vanished,
 * no record of Kafka's; `position`: how far the channel has come without a message.
 */
export interface Item {
  readonly kind: 'message' | 'expiry' | 'position'
  /** Where it was published; of a `position`, whose subscribers it is for. */
  readonly channel: ChannelState
  /** Grows over all channels of the gate. */
  readonly seq: number
  readonly epoch: Epoch
  /** The position after it, under `epoch`. */
  readonly cursor: string
  readonly key: string | undefined
  /** JSON text; undefined: deleted. */
  readonly data: string | undefined
  readonly partition: number
  readonly offset: number
  readonly path: readonly number[]
  readonly at: number
  /** What it counts for in the window while it is there. */
  bytes: number
  isHeld: boolean
  /** Framed once for each form of framing, by the form's index. */
  readonly frames: (Buffer | undefined)[]
  /** The text of the item before it in the channel, while somebody there wants deltas; undefined after a deletion, too. */
  base: string | undefined
  /** The delta against the base, once it was asked for; null: it goes whole. */
  delta: string | null | undefined
}

/**
 * One channel of a stream, from its first message or subscriber until neither is left; or all channels of a pattern, from its
 * first subscriber to its last: then its log holds the items of its members.
 */
export interface ChannelState {
  readonly name: string
  /** The name as JSON text. */
  readonly json: string
  /** Its part of the window. */
  readonly log: Fifo<Item>
  /** The window's account. */
  readonly account: { bytes: number }
  /** Of a pattern. */
  readonly view: View | undefined
  /** The patterns with subscribers that the channel belongs to. */
  readonly views: ChannelState[]
  /** The newest item that left the window. */
  evicted: { readonly seq: number; readonly epoch: Epoch; readonly cursor: string } | undefined
  lastSeq: number
  /** What the snapshot holds, by key. */
  readonly keys: Map<string, SnapshotEntry>
  pages: SnapshotPages | undefined
  /** Up to date: they get each sweep's bytes. */
  readonly live: Set<Subscription>
  /** They go at their own speed for good, and are pumped when there is something. */
  readonly followers: Set<Subscription>
  readonly subscriptions: Set<Subscription>
  /** Of those, who wants deltas; for them the text of the last item is kept. */
  deltas: number
  text: string | undefined
  /** For the next sweep. */
  pending: Item[]
  dirty: boolean
  /** The epoch that all live subscribers know. */
  epoch: Epoch | undefined
  /** The stream's `moves` and the time when the live subscribers were told a position last. */
  toldMoves: number
  toldAt: number
}

/** What makes a channel state one of a pattern. */
export interface View {
  readonly pattern: Pattern
  /** The channels of the pattern that have something. */
  readonly members: Set<ChannelState>
  /** What left the window of all of them. */
  readonly departed: Departed
}

export const createChannelState = (name: string, account: { bytes: number }, view?: View): ChannelState => ({
  name,
  account,
  view,
  views: [],
  json: JSON.stringify(name),
  log: createFifo(),
  evicted: undefined,
  lastSeq: 0,
  keys: new Map(),
  pages: undefined,
  live: new Set(),
  followers: new Set(),
  subscriptions: new Set(),
  deltas: 0,
  text: undefined,
  pending: [],
  dirty: false,
  epoch: undefined,
  toldMoves: 0,
  toldAt: 0,
})

export const isIdle = (channel: ChannelState): boolean =>
  channel.subscriptions.size === 0 &&
  (channel.view !== undefined || (fifoSize(channel.log) === 0 && channel.keys.size === 0))

/** What the snapshot holds of a channel or pattern; entries that come or go meanwhile may be among them or not. */
export function* entriesOf({ keys, view }: ChannelState): Generator<SnapshotEntry, undefined> {
  yield* keys.values()
  for (const member of view?.members ?? []) yield* member.keys.values()
  return undefined
}

/** What an item of the window costs beside its texts. */
const overhead = 320
/** What the state of a channel costs. */
const channelOverhead = 1024

/** What a message holds, without its frames. */
export const weightOf = (cursor: string, key = '', data = ''): number =>
  overhead + cursor.length + 2 * (key.length + data.length)

/** What a message counts for in the window; the first of its channel is charged for the channel's state too. */
export const costOf = (channel: ChannelState, cursor: string, key?: string, data?: string): number =>
  weightOf(cursor, key, data) + (fifoSize(channel.log) === 0 ? channelOverhead : 0)

/** An item of no record. */
export const createItem = (
  given: Pick<Item, 'kind' | 'channel' | 'seq' | 'epoch' | 'cursor' | 'key' | 'data' | 'at'>,
): Item => ({
  ...given,
  partition: -1,
  offset: -1,
  path: [],
  bytes: overhead,
  isHeld: false,
  frames: [],
  base: undefined,
  delta: undefined,
})

/** Where an item keeps its frames without a position, behind those of all forms. */
const bareFrames = 16

/** The frame of an item without its position, made once for all. */
export function bareFrameOf(item: Item, form: Form): Buffer {
  const made = item.frames[bareFrames + form.index]
  if (made) return made
  // What is no record has no position.
  return keepFrame(item, bareFrames + form.index, form.item({ ...item, kind: 'expiry' }, ''))
}

/** The frame of an item in a form, made once for all. */
export function frameOf(item: Item, form: Form): Buffer {
  const made = item.frames[form.index]
  if (made) return made
  return keepFrame(item, form.index, form.item(item, item.cursor))
}

function keepFrame(item: Item, index: number, frame: Buffer): Buffer {
  item.frames[index] = frame
  if (item.isHeld) {
    item.bytes += frame.length
    item.channel.account.bytes += frame.length
  }
  return frame
}
