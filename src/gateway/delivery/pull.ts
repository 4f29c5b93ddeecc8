import type { ChannelState } from '../channel-state.ts'
import { closeClient, type Subscription, useForm } from '../client.ts'
import { fifoFind } from '../fifo.ts'
import { liveForm } from '../forms/delta.ts'
import { vectorAt } from '../positions/cursor.ts'
import type { Epoch } from '../positions/epoch.ts'
import { dominates, type Vector } from '../positions/vector.ts'
import type { Transfer } from '../selection/snapshot-pages.ts'
import type { Delivery } from '../settings.ts'
import { type Conflation, createConflation } from './conflation.ts'
import { type Credit, createCredit } from './credit.ts'
import { createPace, type Pace } from './pace.ts'
import { type Moment, nextInWindow, type PullSource } from './pull-source.ts'

/**
 * A subscription that goes at its own speed: first the pages of its snapshot, then what follows `after`, as fast as the client
 * reads and its terms allow. At the head it goes live, unless it stays. Between its steps it holds nothing but this.
 */
export interface Pull {
  /** Every item up to this sequence number was sent, waits to be, or is behind the client's position. */
  after: number
  /** Where the items come from while they are no longer in the window. */
  source: PullSource | undefined
  /**
   * The client's position, while this worker's order has not reached it: what lies behind it is passed over, and cursors are
   * made for this client alone. Ends with the first item whose position dominates it.
   */
  base: Vector | undefined
  /** What lies behind the client, or is superseded: where it goes on when the window has moved past it. */
  stands: Vector | Moment
  /** The epoch told last; undefined: not one of this stream's. */
  epoch: Epoch | undefined
  /** The position told last, when nothing followed it. */
  told: string | undefined
  readonly pages: Transfer[]
  /** It missed messages while it was away: `live` says when it has them. */
  isHistory: boolean
  /** In ACK mode, what Kafka held when it came back: what it had elsewhere may reach this worker up to there. */
  repeats: { readonly until: Vector | undefined; readonly endsAt: number } | undefined
  /** Set in `latest` and `batch`, and while an adaptive subscription is behind. */
  conflation: Conflation | undefined
  pace: Pace | undefined
  /** What an adaptive subscription was told that it gets. */
  announced: Delivery
  /** In ACK mode. */
  readonly credit: Credit | undefined
  /** When it was looked at last, nothing more was to be had. */
  isAtHead: boolean
  /** How old (ms) its next message was at the start: it may become older by the namespace's `lag.max.ms`. */
  lagAtStart: number | undefined
  toldAt: number
  toldMoves: number
  /** When it was told last of messages that were replaced, and when that was last so. */
  noticedAt: number
  mergedAt: number
  startedAt: number
  progressAt: number
}

type Start = Pick<Pull, 'after' | 'stands'> &
  Partial<Pick<Pull, 'source' | 'base' | 'epoch' | 'told' | 'pages' | 'isHistory' | 'credit'>> & {
    /** The position that the client came with. */
    readonly given?: string | undefined
  }

/** Lets a subscription go at its own speed from now on. */
export function startPull(subscription: Subscription, start: Start, now: number): Pull {
  const { channels, client, stream, terms } = subscription
  const { given, ...rest } = start
  const { delivery, window } = terms
  const pull: Pull = {
    source: undefined,
    base: undefined,
    epoch: undefined,
    told: undefined,
    pages: [],
    isHistory: false,
    repeats: undefined,
    ...rest,
    conflation: delivery === 'every' ? undefined : createConflation(delivery, client.conflates),
    pace: createPace(terms, now),
    credit: window === undefined ? undefined : (start.credit ?? createCredit(window, given ?? start.told ?? '')),
    announced: delivery,
    isAtHead: false,
    lagAtStart: undefined,
    toldAt: now,
    toldMoves: stream.tracker.moves(),
    noticedAt: 0,
    mergedAt: now,
    startedAt: now,
    progressAt: now,
  }
  pull.lagAtStart = lagOf(subscription, pull, now)
  subscription.pull = pull
  stream.pulls.add(subscription)
  for (const channel of channels) channel.live.delete(subscription)
  follow(subscription)
  return pull
}

/** Has it looked after in each sweep when it stays as it is; to be called when its terms or its selection have become others. */
export function follow(subscription: Subscription): void {
  for (const { followers } of subscription.channels) {
    if (stays(subscription)) followers.add(subscription)
    else followers.delete(subscription)
  }
}

/** Whether its terms are other than every message, all of it, as fast as it comes. */
export const stays = ({ terms, selection }: Pick<Subscription, 'terms' | 'selection'>): boolean =>
  selection !== undefined ||
  terms.delivery !== 'every' ||
  terms.maxRate !== undefined ||
  terms.maxBandwidth !== undefined ||
  terms.window !== undefined

/** Everything there is was sent. */
export function arrive(subscription: Subscription, pull: Pull, now: number): void {
  const { client, stream } = subscription
  pull.isAtHead = true
  if (pull.base && !dominates(stream.tracker.vector(), pull.base)) return
  pull.base = undefined
  pull.lagAtStart = 0
  if (mayRepeat(subscription, pull, now)) return
  const isLive = !stays(subscription) && !pull.conflation
  // A position inside a record would not be one of the stream's.
  if (isLive || pull.isHistory) tellPosition(subscription, pull, stream.tracker.position(now), now)
  stream.pulls.delete(subscription)
  if (isLive && !client.closed) addLive(subscription, stream.tracker.position(now).epoch, now)
}

function mayRepeat({ stream }: Subscription, pull: Pull, now: number): boolean {
  const { repeats } = pull
  if (!repeats) return false
  const isOver = repeats.until !== undefined && dominates(stream.tracker.vector(), repeats.until)
  if (!isOver && now < repeats.endsAt) return true
  pull.repeats = undefined
  return false
}

/** Tells where the subscription stands, unless that was told last. */
export function tellPosition(subscription: Subscription, pull: Pull, { epoch, cursor }: Moment, now: number): void {
  const { client } = subscription
  const live = pull.isHistory ? client.form.live?.(subscription, epoch.text() + cursor) : undefined
  pull.isHistory = false
  tellMoment(subscription, pull, { epoch, cursor }, now, live)
}

/** The same for one that has not yet all that it missed. */
export function tellMoment(
  { channels, client, stream }: Subscription,
  pull: Pull,
  { epoch, cursor }: Moment,
  now: number,
  live?: Buffer,
): void {
  const position = epoch.text() + cursor
  const [first] = channels
  pull.toldAt = now
  if (!first || (!live && pull.told === position)) return
  pull.told = position
  pull.epoch = epoch
  const bytes = live ?? client.form.item(stream.note(first, epoch, cursor), cursor)
  client.outlet.write(bytes)
  client.flow.wrote(bytes.length, 0, now)
  pull.credit?.sent({ epoch, cursor }, 0)
}

/** Puts a subscription that has everything up to `fromSeq` on the list of those who get each sweep's bytes. */
export function addLive(subscription: Subscription, epoch: Epoch, now: number): void {
  const { channels, client, stream } = subscription
  if (client.closed) return
  subscription.fromSeq = stream.sequence.last
  subscription.pull = undefined
  useForm(subscription, liveForm(subscription))
  subscription.text = undefined
  stream.pulls.delete(subscription)
  for (const channel of channels) {
    channel.followers.delete(subscription)
    if (channel.live.size === 0) {
      channel.epoch = epoch
      channel.toldMoves = stream.tracker.moves()
      channel.toldAt = now
    }
    channel.live.add(subscription)
  }
}

/** How old (ms) the message is that comes next; undefined: it is being read. */
export function lagOf({ channels }: Subscription, pull: Pull, now: number): number | undefined {
  if (pull.source) {
    const at = pull.source.nextAt?.()
    return at === undefined ? undefined : Math.max(0, now - at)
  }
  const next = nextInWindow(channels, pull.after)
  if (next === 'passed') return undefined
  return next ? Math.max(0, now - next.item.at) : 0
}

/** What came next can no longer be had. */
export const losePull = (subscription: Subscription): void =>
  closeClient(subscription.client, hasRoom(subscription) ? 'lag' : 'slow')

/** Whether the client takes more, whatever its terms are. */
export const hasRoom = ({ client: { bufferBytes, flow, outlet } }: Subscription): boolean =>
  outlet.buffered() < bufferBytes / 4 && flow.takes(1)

/**
 * How long (ms) its filter and its box may not be asked; the client hears of it when something waits for that. 0: they may.
 */
export function unaskedMs({ channels, client, selection }: Subscription, pull: Pull, now: number): number {
  const wait = selection ? client.questions.waitMs(now) : 0
  if (wait > 0 && (pull.pages.length > 0 || pull.source || nextInWindow(channels, pull.after)))
    client.questions.held(now)
  return wait
}

/** Whether what it needs next is gone, and cannot be read again. */
export const isLost = ({ channels, stream }: Subscription, pull: Pull): boolean =>
  !pull.source && !stream.attachment.past && nextInWindow(channels, pull.after) === 'passed'

/** The sequence number up to which every item of the channels lies behind a position, whatever the order of reading. */
export function behindSeq(channels: readonly ChannelState[], base: Vector): number {
  let seq = 0
  for (const { log, evicted } of channels) {
    seq = Math.max(seq, evicted?.seq ?? 0)
    const place = fifoFind(log, (item) => !dominates(base, vectorAt(item.epoch, item.cursor)))
    // What vanished just at the position may not have been seen.
    let last = place - 1
    while (last >= log.head && log.items[last]?.kind !== 'message') last--
    if (last >= log.head) seq = Math.max(seq, log.items[last]?.seq ?? 0)
  }
  return seq
}
