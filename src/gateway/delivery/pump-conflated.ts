import { bareFrameOf } from '../channel-state.ts'
import type { Subscription } from '../client.ts'
import { nextPage } from '../selection/next-page.ts'
import type { Delivery, PositionSettings } from '../settings.ts'
import type { Conflation, Waiting } from './conflation.ts'
import { arrive, hasRoom, losePull, type Pull, stays, tellMoment, tellPosition, unaskedMs } from './pull.ts'
import { takeItem } from './take-item.ts'

const chunkBytes = 64 * 1024
/** Items that are taken in before others have their turn. */
const chunkItems = 1000
/** What may wait in this process for a client that wants its messages fresh. */
const freshBytes = 16 * 1024
/** How often (ms) at most it is told how many messages were replaced. */
const noticeMs = 1000
/** How long (ms) nothing is replaced before an adaptive subscription gets every message again. */
const adaptBackMs = 2000

/** Takes in what there is, conflated, and sends what the client has room for and its terms allow, the oldest place first. */
export function pumpConflated(subscription: Subscription, pull: Pull, conflation: Conflation, now: number): number {
  const { client, stream } = subscription
  let sent = 0
  let end: ReturnType<typeof takeIn>
  let more: number
  let unasked: number
  do {
    unasked = unaskedMs(subscription, pull, now)
    // Before its filter is asked of messages: they never end, and would leave nothing for it.
    const isShown = unasked > 0 ? pull.pages.length === 0 : sendPages(subscription, pull, now)
    end = unasked > 0 ? 'wait' : takeIn(subscription, pull, conflation, now)
    if (end === 'passed') {
      losePull(subscription)
      return sent
    }
    more = isShown ? sendWaiting(subscription, pull, conflation, now) : 0
    sent += more
  } while (end === 'full' && more > 0 && !client.closed)
  if (end === 'later') stream.wake(subscription)
  if (unasked > 0) stream.wake(subscription, now + unasked)
  tellMerged(subscription, pull, conflation, now)
  pull.isAtHead = false
  if (end === 'head' && conflation.size() === 0 && pull.pages.length === 0 && !client.closed) {
    if (isCaughtUp(subscription, pull, now)) {
      pull.conflation = undefined
      announce(subscription, pull, 'every')
    }
    arrive(subscription, pull, now)
  }
  return sent
}

/** An adaptive subscription, of which nothing had to be replaced for a while. */
const isCaughtUp = (subscription: Subscription, { mergedAt, noticedAt }: Pull, now: number): boolean =>
  subscription.terms.delivery === 'every' && mergedAt + adaptBackMs <= now && noticedAt + noticeMs <= now

function takeIn(
  subscription: Subscription,
  pull: Pull,
  conflation: Conflation,
  now: number,
): 'full' | 'later' | 'head' | 'wait' | 'passed' {
  for (let looked = 0; looked < chunkItems; looked++) {
    if (conflation.isFull()) return 'full'
    if (subscription.selection?.isSpent()) break
    const { stands } = pull
    const taken = takeItem(subscription, pull)
    if (taken === 'skip') continue
    if (typeof taken === 'string') return taken
    pull.lagAtStart ??= Math.max(0, now - taken.item.at)
    conflation.add(taken.item, taken.isGone, 'cursor' in stands ? stands : undefined)
  }
  return 'later'
}

/** Answers whether all pages of the snapshot were sent. */
function sendPages(subscription: Subscription, pull: Pull, now: number): boolean {
  const { client, stream } = subscription
  const { flow, outlet } = client
  while (pull.pages.length > 0 && !client.closed) {
    if (!hasRoom(subscription)) return false
    const page = nextPage(subscription, pull)
    pull.progressAt = now
    for (const frame of page.frames) outlet.write(frame)
    flow.wrote(page.bytes, 0, now)
    if (page.end === 'more') continue
    stream.wake(subscription)
    return false
  }
  return true
}

function sendWaiting(subscription: Subscription, pull: Pull, conflation: Conflation, now: number): number {
  const { client, stream } = subscription
  const { flow, outlet } = client
  const { pace } = pull
  let sent = 0
  while (conflation.size() > 0 && !client.closed) {
    if (outlet.buffered() >= Math.min(freshBytes, client.bufferBytes / 4) || !flow.takes(1)) return sent
    const wait = pace?.waitMs(now) ?? 0
    if (wait > 0) stream.wake(subscription, now + wait)
    const room = Math.min(flow.room(now), pace?.messages(now) ?? chunkItems)
    if (wait > 0 || room === 0) return sent
    const frames: Buffer[] = []
    let bytes = 0
    const most = Math.min(chunkBytes, pace?.bytes(now) ?? chunkBytes)
    while (frames.length < room && bytes < most) {
      const waiting = conflation.shift()
      if (!waiting) break
      const frame = frameOf(subscription, waiting)
      frames.push(frame)
      bytes += frame.length
    }
    if (subscription.terms.delivery === 'every') announce(subscription, pull, 'latest')
    pull.told = undefined
    pull.progressAt = now
    outlet.write(Buffer.concat(frames))
    flow.wrote(bytes, frames.length, now)
    pace?.took(frames.length, bytes, now)
    sent += frames.length
  }
  return sent
}

/** Without a position: what lies before it may not have been sent. */
function frameOf(subscription: Subscription, { item, isGone, items }: Waiting): Buffer {
  const { form, messageBytes } = subscription.client
  if (isGone) return form.gone(subscription, item)
  const frame = items ? form.batch(item, items) : bareFrameOf(item, form)
  if (frame.length <= messageBytes) return frame
  return form.oversize(subscription, { ...item, kind: 'expiry' }, '', frame.length)
}

/** Of an adaptive subscription: what it gets from now on. */
function announce({ client, id }: Subscription, pull: Pull, delivery: Delivery): void {
  if (pull.announced === delivery) return
  pull.announced = delivery
  client.events.notice('mode', { subscription: id, delivery })
}

function tellMerged(subscription: Subscription, pull: Pull, conflation: Conflation, now: number): void {
  const { client, id, stream } = subscription
  if (conflation.merged() === 0) return
  pull.mergedAt = now
  // Who cannot be told now is told later.
  if (client.closed || !hasRoom(subscription)) return
  const dueAt = pull.noticedAt + noticeMs
  if (dueAt > now) return stream.wake(subscription, dueAt)
  pull.noticedAt = now
  client.events.notice('conflated', { subscription: id, count: conflation.takeMerged() })
}

/** How often (ms) at most a conflated subscription is told its position. */
const positionMs = 5000

/** Tells a subscription that stays where it stands: as far as nothing before waits, and at the head that of the stream. */
export function tellStanding(
  subscription: Subscription,
  pull: Pull,
  { intervalMs, maxAgeMs }: PositionSettings,
  now: number,
): void {
  const { client, stream } = subscription
  const { conflation } = pull
  if (client.closed || pull.pages.length > 0 || (!conflation && !pull.source && !stays(subscription))) return
  const every = conflation ? Math.min(positionMs, intervalMs) : intervalMs
  if (pull.toldAt + every > now || !hasRoom(subscription)) return
  const moves = stream.tracker.moves()
  if (conflation && conflation.size() > 0) {
    const frontier = conflation.frontier()
    if (frontier) tellMoment(subscription, pull, frontier, now)
  } else if (pull.source) {
    const reached = pull.source.reached?.()
    if (!reached) return
    pull.stands = reached
    tellMoment(subscription, pull, reached, now)
  } else if (pull.isAtHead && !pull.base && (pull.toldMoves !== moves || pull.toldAt + maxAgeMs / 2 <= now)) {
    pull.toldMoves = moves
    tellPosition(subscription, pull, stream.tracker.position(now), now)
  }
}
