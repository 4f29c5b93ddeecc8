import type { ChannelState } from './channel-state.ts'
import { closeClient, type Subscription, useForm } from './client.ts'
import { encodeCursor, vectorAt } from './cursor.ts'
import { liveForm } from './delta.ts'
import type { Epoch } from './epoch.ts'
import { fifoFind } from './fifo.ts'
import { frameFor } from './frame-for.ts'
import { type Found, type Moment, nextInWindow, type PullSource } from './pull-source.ts'
import type { Transfer } from './snapshot-pages.ts'
import { dominates, isBehind, join, type Vector } from './vector.ts'

/**
 * A subscription that goes at its own speed: first the pages of its snapshot, then what follows `after`, as fast as the client
 * reads and its terms allow. At the head it goes live, unless it stays. Between its steps it holds nothing but this.
 */
export interface Pull {
  /** Every item up to this sequence number was sent or is behind the client's position. */
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
  readonly startedAt: number
  progressAt: number
}

const chunkBytes = 64 * 1024
/** Items that are looked at before others have their turn. */
const chunkItems = 1000

type Start = Pick<Pull, 'after' | 'stands'> & Partial<Pick<Pull, 'source' | 'base' | 'epoch' | 'told' | 'pages'>>

/** Lets a subscription go at its own speed from now on. */
export function startPull(subscription: Subscription, start: Start, now: number): Pull {
  const pull: Pull = {
    source: undefined,
    base: undefined,
    epoch: undefined,
    told: undefined,
    pages: [],
    ...start,
    startedAt: now,
    progressAt: now,
  }
  const { channels, stream } = subscription
  subscription.pull = pull
  stream.pulls.add(subscription)
  for (const channel of channels) {
    channel.live.delete(subscription)
    if (stays(subscription)) channel.followers.add(subscription)
  }
  return pull
}

/** Whether its terms are other than every message, all of it, as fast as it comes. */
export const stays = ({ terms, selection }: Pick<Subscription, 'terms' | 'selection'>): boolean =>
  selection !== undefined ||
  terms.delivery !== 'every' ||
  terms.maxRate !== undefined ||
  terms.maxBandwidth !== undefined ||
  terms.window !== undefined

/** Sends what the client has room for. Called when it may have room and when there may be more. Answers the messages sent. */
export function pump(subscription: Subscription, now: number): number {
  const { client, pull, stream } = subscription
  if (!pull) return 0
  let sent = 0
  while (!client.closed && client.outlet.buffered() < client.bufferBytes / 4) {
    const chunk = pull.pages.length > 0 ? nextPage(subscription, pull) : nextItems(subscription, pull)
    if (chunk === 'passed') {
      closeClient(client, 'slow')
      return sent
    }
    pull.progressAt = now
    if (chunk.frames.length > 0) {
      sent += chunk.messages
      client.outlet.write(Buffer.concat(chunk.frames))
    }
    if (chunk.end === 'head') {
      if (!pull.base || dominates(stream.tracker.vector(), pull.base)) arrive(subscription, pull, now)
      return sent
    }
    if (chunk.end === 'later') stream.wake(subscription)
    if (chunk.end !== 'more') return sent
  }
  return sent
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
    if (channel.live.size === 0) {
      channel.epoch = epoch
      channel.toldMoves = stream.tracker.moves()
      channel.toldAt = now
    }
    channel.live.add(subscription)
  }
}

interface Chunk {
  readonly frames: Buffer[]
  readonly messages: number
  /** Why it ends: there may be more; it took long enough; nothing came after it yet; what follows is being read. */
  readonly end: 'more' | 'later' | 'head' | 'wait'
}

function nextPage(subscription: Subscription, pull: Pull): Chunk {
  const [transfer] = pull.pages
  const page = transfer?.next()
  if (!transfer || !page) return { frames: [], messages: 0, end: 'head' }
  if (page === 'later') return { frames: [], messages: 0, end: 'later' }
  if (page.isLast) pull.pages.shift()
  const position = page.isLast && pull.pages.length === 0 ? pull.told : undefined
  return {
    frames: [subscription.client.form.page(subscription, transfer.channel, page.text, position)],
    messages: 0,
    end: 'more',
  }
}

function nextItems(subscription: Subscription, pull: Pull): Chunk | 'passed' {
  const frames: Buffer[] = []
  let [messages, bytes] = [0, 0]
  for (let looked = 0; bytes < chunkBytes && looked < chunkItems; looked++) {
    const found = nextItem(subscription, pull)
    if (found === 'passed') return found
    if (found === 'wait') return { frames, messages, end: 'wait' }
    if (!found) return { frames, messages, end: 'head' }
    for (const frame of framesOf(subscription, pull, found)) {
      frames.push(frame)
      bytes += frame.length
    }
    messages++
  }
  return { frames, messages, end: bytes < chunkBytes ? 'later' : 'more' }
}

/** Takes the subscription's next item. */
export function nextItem(subscription: Subscription, pull: Pull): Found | undefined | 'wait' | 'passed' {
  const { channels, stream } = subscription
  if (pull.source) {
    const found = pull.source.take()
    if (found !== 'end') return found
    pull.source = undefined
  }
  const found = nextInWindow(channels, pull.after)
  // What is no longer in the window is read again, when it can be.
  if (found === 'passed' && stream.readBack(subscription)) {
    stream.pulls.add(subscription)
    return 'wait'
  }
  if (found && found !== 'passed') pull.after = found.item.seq
  return found
}

function framesOf(subscription: Subscription, pull: Pull, { item, former }: Found): Buffer[] {
  const { form } = subscription.client
  const { base } = pull
  let cursor = item.cursor
  if (base) {
    const reached = vectorAt(item.epoch, item.cursor)
    const isAhead = dominates(reached, base)
    if (isAhead) pull.base = undefined
    if (
      item.kind === 'expiry'
        ? dominates(base, reached) && !isAhead
        : isBehind(base, item.partition, item.offset, item.path)
    )
      return []
    if (!isAhead) cursor = encodeCursor(item.epoch.start, join(reached, base))
  }
  pull.stands = { epoch: item.epoch, cursor }
  const verdict = subscription.selection?.judge(item) ?? 'pass'
  if (verdict === 'skip') return []
  pull.told = undefined
  if (verdict === 'gone') return [form.gone(subscription, item)]
  const frame = frameFor(subscription, item, cursor)
  if (!form.tellsEpochs || item.kind !== 'message' || item.epoch === pull.epoch) return [frame]
  pull.epoch = item.epoch
  const before = former?.epoch === item.epoch ? former.cursor : '.'
  const told = base ? encodeCursor(item.epoch.start, join(vectorAt(item.epoch, before), base)) : before
  return [
    form.item({ ...item, kind: 'position', channel: subscription.channels[0] ?? item.channel, frames: [] }, told),
    frame,
  ]
}

/** Everything there is was sent. */
function arrive(subscription: Subscription, pull: Pull, now: number): void {
  const { channels, client, stream } = subscription
  const { epoch, cursor } = stream.tracker.position(now)
  const [first] = channels
  if (stays(subscription)) {
    stream.pulls.delete(subscription)
    return
  }
  if (first && pull.told !== epoch.text() + cursor)
    client.outlet.write(client.form.item(stream.note(first, epoch, cursor), cursor))
  addLive(subscription, epoch, now)
}

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
