import type { ChannelState, Item } from './channel-state.ts'
import { closeClient, type Subscription } from './client.ts'
import { encodeCursor, vectorAt } from './cursor.ts'
import type { Epoch } from './epoch.ts'
import { fifoFind } from './fifo.ts'
import type { Transfer } from './snapshot-pages.ts'
import { dominates, isBehind, join, type Vector } from './vector.ts'

/**
 * A subscription that catches up: first the pages of its snapshot, then what the window holds after `after`, as fast as the
 * client reads; at the head it goes live. Between its steps it holds nothing but this.
 */
export interface Pull {
  /** Every item up to this sequence number was sent or is behind the client's position. */
  after: number
  /**
   * The client's position, while this worker's order has not reached it: what lies behind it is passed over, and cursors are
   * made for this client alone. Ends with the first item whose position dominates it.
   */
  base: Vector | undefined
  /** The epoch told last; undefined: not one of this stream's. */
  epoch: Epoch | undefined
  /** The position told last, when nothing followed it. */
  told: string | undefined
  readonly pages: Transfer[]
  readonly startedAt: number
  progressAt: number
}

const chunkBytes = 64 * 1024

/** Sends what the client has room for. Called when it may have room and when there may be more. Answers the messages sent. */
export function pump(subscription: Subscription, now: number): number {
  const { client, pull, stream } = subscription
  if (!pull) return 0
  let sent = 0
  while (!client.closed && client.outlet.buffered() < client.bufferBytes / 4) {
    const chunk = pull.pages.length > 0 ? nextPage(subscription, pull) : nextItems(subscription, pull)
    if (chunk === 'later') {
      stream.wake()
      return sent
    }
    if (chunk === 'passed') {
      closeClient(client, 'slow')
      return sent
    }
    pull.progressAt = now
    if (chunk.frames.length === 0) {
      if (!pull.base || dominates(stream.tracker.vector(), pull.base)) goLive(subscription, pull, now)
      return sent
    }
    sent += chunk.messages
    client.outlet.write(Buffer.concat(chunk.frames))
  }
  return sent
}

/** Puts a subscription that has everything up to `fromSeq` on the list of those who get each sweep's bytes. */
export function addLive(subscription: Subscription, epoch: Epoch, now: number): void {
  const { channels, client, stream } = subscription
  if (client.closed) return
  subscription.fromSeq = stream.sequence.last
  subscription.pull = undefined
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
}

function nextPage(subscription: Subscription, pull: Pull): Chunk | 'later' {
  const [transfer] = pull.pages
  const page = transfer?.next()
  if (!transfer || !page) return { frames: [], messages: 0 }
  if (page === 'later') return page
  if (page.isLast) pull.pages.shift()
  const position = page.isLast && pull.pages.length === 0 ? pull.told : undefined
  return { frames: [subscription.client.form.page(subscription, transfer.channel, page.text, position)], messages: 0 }
}

function nextItems(subscription: Subscription, pull: Pull): Chunk | 'passed' {
  const frames: Buffer[] = []
  let [messages, bytes] = [0, 0]
  while (bytes < chunkBytes) {
    const found = nextItem(subscription.channels, pull.after)
    if (found === 'passed') return found
    if (!found) break
    pull.after = found.item.seq
    for (const frame of framesOf(subscription, pull, found)) {
      frames.push(frame)
      bytes += frame.length
    }
    messages++
  }
  return { frames, messages }
}

interface Found {
  readonly channel: ChannelState
  readonly item: Item
  readonly place: number
}

/** The first item of the channels after a sequence number; `passed` when it is no longer in the window. */
function nextItem(channels: readonly ChannelState[], after: number): Found | undefined | 'passed' {
  let best: Found | undefined
  for (const channel of channels) {
    if (channel.evicted && channel.evicted.seq > after) return 'passed'
    const place = fifoFind(channel.log, (item) => item.seq > after)
    const item = channel.log.items[place]
    if (item && (!best || item.seq < best.item.seq)) best = { channel, item, place }
  }
  return best
}

function framesOf({ client: { form } }: Subscription, pull: Pull, { channel, item, place }: Found): Buffer[] {
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
  pull.told = undefined
  const frame = form.item(item, cursor)
  if (!form.tellsEpochs || item.kind !== 'message' || item.epoch === pull.epoch) return [frame]
  pull.epoch = item.epoch
  const before = cursorBefore(channel, place, item.epoch)
  const told = base ? encodeCursor(item.epoch.start, join(vectorAt(item.epoch, before), base)) : before
  return [form.item({ ...item, kind: 'position', channel, frames: [] }, told), frame]
}

/** The position, under an epoch, of the channel's item before a place. */
function cursorBefore(channel: ChannelState, place: number, epoch: Epoch): string {
  const former = place > channel.log.head ? channel.log.items[place - 1] : channel.evicted
  return former?.epoch === epoch ? former.cursor : '.'
}

function goLive(subscription: Subscription, pull: Pull, now: number): void {
  const { channels, client, stream } = subscription
  const { epoch, cursor } = stream.tracker.position(now)
  const [first] = channels
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
