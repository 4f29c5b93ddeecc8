import { type Acks, createAcks } from './acks.ts'
import type { Backlog } from './backlog.ts'
import type { Connection } from './connection.ts'
import type { NoticeFrame, SnapshotItem, SubscriptionFrame } from './frames.ts'
import { createLane, type Lane } from './lane.ts'
import type { Settings } from './options.ts'
import { keepPosition, type PositionKeeper } from './position.ts'
import { createState, type KeyedState } from './state.ts'
import type { SubscribeOptions } from './subscription.ts'
import type { Adjustable } from './terms.ts'
import type { Regrant } from './update.ts'

/** One subscription, across connections. */
export interface Entry {
  readonly channel: string
  readonly options: SubscribeOptions
  terms: Adjustable
  /** Who waits for the answer to changed terms. */
  regrant: Regrant | undefined
  readonly lane: Lane<SubscriptionFrame | NoticeFrame>
  readonly position: PositionKeeper
  readonly acks: Acks | undefined
  readonly state: KeyedState | undefined
  /** The id of the `subscribe` on this connection. */
  id: number | undefined
  /** Messages of its channel are its own. */
  live: boolean
  /** What the gate answered on this connection was handled. */
  isJoined: boolean
  /** Without snapshots: the filter and the box that chose what the application holds, while it is asked to change them. */
  held: Pick<Adjustable, 'filter' | 'bbox'> | undefined
  /** It was asked for under those: the change is told once it has joined. */
  isHeld: boolean
  /** Changes that the gate has not answered. */
  untold: number
  /** A filter or box was changed, and the snapshot that follows has not come whole. */
  isChanging: boolean
  /** Ended: nothing of it is handled any more. */
  isOver: boolean
  /** A `subscribe` stands in its lane. */
  isQueued: boolean
  /** A snapshot was asked for and has not come whole: until then the position is worth nothing alone. */
  awaitsSnapshot: boolean
  items: SnapshotItem[]
  /** What comes may have come before. */
  again: boolean
  /** The text that the next delta is against. */
  base: Uint8Array | undefined
  /** How often a delta did not fit. */
  misfits: number
  attempt: number
  retry: unknown
}

export interface EntryOptions {
  readonly channel: string
  readonly options: SubscribeOptions
  readonly settings: Settings
  readonly backlog: Backlog
  readonly handle: (entry: Entry, frame: SubscriptionFrame | NoticeFrame) => Promise<void> | undefined
  readonly connection: () => Connection | undefined
}

export function createEntry({ channel, options, settings, backlog, handle, connection }: EntryOptions): Entry {
  const { filter, bbox, maxRate, maxBandwidth } = options
  const position = keepPosition(options.position)
  const sendAck = (acknowledged: string): void => {
    if (entry.id === undefined) return
    connection()?.send({ type: 'ack', subscription: entry.id, position: acknowledged })
  }
  const entry: Entry = {
    channel,
    options,
    terms: { filter, bbox, maxRate, maxBandwidth },
    regrant: undefined,
    lane: createLane(backlog, (frame) => (entry.isOver ? undefined : handle(entry, frame))),
    position,
    acks: options.window === undefined ? undefined : createAcks(position, settings.timers, sendAck),
    state: options.onState ? createState(channel, settings.maxSnapshotEntries) : undefined,
    id: undefined,
    live: false,
    isJoined: false,
    held: undefined,
    isHeld: false,
    untold: 0,
    isChanging: false,
    isOver: false,
    isQueued: false,
    awaitsSnapshot: false,
    items: [],
    again: false,
    base: undefined,
    misfits: 0,
    attempt: 0,
    retry: undefined,
  }
  return entry
}

export const wantsSnapshot = ({ options }: Entry): boolean => options.snapshot === true || options.onState !== undefined

/** What it comes back with. */
export const positionOf = ({ acks, position }: Entry): string | undefined => (acks ? acks.position : position.current)

export function forgetPosition({ acks, position }: Entry): void {
  position.forget()
  acks?.forget()
}

/** Something under the changed terms came: from here on what is held is theirs. */
export function settleHeld(entry: Entry): void {
  if (entry.untold === 0) entry.held = undefined
}
