import type { Subscription } from '../client.ts'
import { nextPage } from '../selection/next-page.ts'
import { createConflation } from './conflation.ts'
import { frameFor } from './frame-for.ts'
import { arrive, hasRoom, lagOf, losePull, type Pull, unaskedMs } from './pull.ts'
import { nextInWindow } from './pull-source.ts'
import { type Taken, takeItem } from './take-item.ts'

const chunkBytes = 64 * 1024
/** Items that are looked at before others have their turn. */
const chunkItems = 1000
/** How far (ms) behind an adaptive subscription is moved to `latest`. */
const adaptAfterMs = 2000

interface Chunk {
  readonly frames: Buffer[]
  readonly bytes: number
  readonly messages: number
  /** Why it ends: it is full; it took long enough; nothing came after it yet; what follows is being read; cannot be had. */
  readonly end: 'more' | 'later' | 'head' | 'wait' | 'passed'
}

/** Sends all messages in their order, as far as the client has room and its terms allow. */
export function pumpEvery(subscription: Subscription, pull: Pull, now: number): number {
  const { client, stream } = subscription
  const { flow, outlet } = client
  let sent = 0
  pull.isAtHead = false
  while (!client.closed) {
    if (!hasRoom(subscription)) {
      adapt(subscription, pull, now)
      return sent
    }
    const unasked = unaskedMs(subscription, pull, now)
    const wait = Math.max(unasked, pull.pace?.waitMs(now) ?? 0)
    const room = Math.min(pull.pace?.messages(now) ?? chunkItems, pull.credit?.room() ?? chunkItems)
    if (unasked > 0 || (pull.pages.length === 0 && (wait > 0 || room === 0))) {
      if (pull.pages.length === 0 && !pull.source && !nextInWindow(subscription.channels, pull.after))
        arrive(subscription, pull, now)
      else if (wait > 0) stream.wake(subscription, now + wait)
      return sent
    }
    const chunk = pull.pages.length > 0 ? nextPage(subscription, pull) : nextItems(subscription, pull, room, now)
    if (chunk.end === 'passed') losePull(subscription)
    if (chunk.end === 'passed' || client.closed) return sent
    pull.progressAt = now
    if (chunk.frames.length > 0) {
      sent += chunk.messages
      outlet.write(Buffer.concat(chunk.frames))
      flow.wrote(chunk.bytes, 0, now)
      pull.pace?.took(chunk.messages, chunk.bytes, now)
    }
    if (chunk.end === 'head') arrive(subscription, pull, now)
    if (chunk.end === 'later') stream.wake(subscription)
    if (chunk.end !== 'more') return sent
  }
  return sent
}

function nextItems(subscription: Subscription, pull: Pull, room: number, now: number): Chunk {
  const frames: Buffer[] = []
  let [messages, bytes] = [0, 0]
  const most = Math.min(chunkBytes, pull.pace?.bytes(now) ?? chunkBytes)
  for (let looked = 0; looked < chunkItems; looked++) {
    if (bytes >= most || messages >= room) return { frames, bytes, messages, end: 'more' }
    if (subscription.selection?.isSpent()) break
    const taken = takeItem(subscription, pull)
    if (taken === 'skip') continue
    if (typeof taken === 'string') return { frames, bytes, messages, end: taken }
    pull.lagAtStart ??= Math.max(0, now - taken.item.at)
    for (const frame of framesOf(subscription, pull, taken)) {
      frames.push(frame)
      bytes += frame.length
    }
    messages++
  }
  return { frames, bytes, messages, end: 'later' }
}

function framesOf(subscription: Subscription, pull: Pull, { item, cursor, isGone, before }: Taken): Buffer[] {
  const { form } = subscription.client
  const { epoch } = item
  pull.told = undefined
  if (isGone) return [form.gone(subscription, item)]
  const frame = frameFor(subscription, item, cursor)
  const isMessage = item.kind === 'message'
  if (!form.tellsEpochs || !isMessage || epoch === pull.epoch) {
    if (isMessage) pull.credit?.sent({ epoch, cursor }, 1)
    return [frame]
  }
  pull.epoch = epoch
  pull.credit?.sent({ epoch, cursor: before }, 0)
  pull.credit?.sent({ epoch, cursor }, 1)
  const channel = subscription.channels[0] ?? item.channel
  return [form.item({ ...item, kind: 'position', channel, frames: [] }, before), frame]
}

/** Moves a subscription that is too far behind to `latest`, where its namespace says so. */
export function adapt(subscription: Subscription, pull: Pull, now: number): void {
  const { client, rules, terms } = subscription
  if (!rules.adaptive || terms.delivery !== 'every' || terms.window !== undefined || terms.delta) return
  if (!rules.deliveries.includes('latest')) return
  const lag = lagOf(subscription, pull, now)
  if (lag === undefined || lag < adaptAfterMs + (pull.lagAtStart ?? 0)) return
  pull.conflation = createConflation('latest', client.conflates)
  pull.mergedAt = now
}
