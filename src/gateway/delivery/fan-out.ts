import type { ChannelState, Item } from '../channel-state.ts'
import { type Client, type Subscription, useForm } from '../client.ts'
import type { Stream } from '../stream.ts'
import { type Batch, makeBatch, mergeBatches } from './batch.ts'
import { startPull } from './pull.ts'
import { vectorBefore } from './pull-source.ts'
import { failDelivery, pump } from './pump.ts'

/**
 * Brings what was published to the clients, in sweeps: at once when idle; what comes while a sweep is under way shares the
 * next. Each client gets one write for each sweep, and no object is made for a delivery.
 */
export interface FanOut {
  /** The channel has items for its live subscribers. */
  mark(channel: ChannelState): void
  /** The stream's catching-up subscriptions may go on, or the one that is named: in the next turn, or from `at` (ms) on. */
  wake(stream: Stream, subscription?: Subscription, at?: number): void
  /** Looks after those who wait for a time; by itself each few ms while there are any. */
  tick(now: number): void
  /** Does now what the next sweep would. */
  flush(): void
  stop(): void
  /** Messages handed to clients so far. */
  delivered(): number
  countDelivered(messages: number): void
}

/** How often (ms) those that wait for a time are looked after. */
const grainMs = 25

export function createFanOut(now: () => number): FanOut {
  let dirty: ChannelState[] = []
  const woken = new Set<Stream>()
  /** Those that go at their own speed and may go on. */
  let ready = new Set<Subscription>()
  /** Those that may go on from a time (ms) on. */
  const waiting = new Map<Subscription, number>()
  let timer: NodeJS.Timeout | undefined
  /** Kept from sweep to sweep, so that it need not grow again. */
  const touched: (Client | undefined)[] = []
  let touchedCount = 0
  const byForm: (Batch | undefined)[] = []
  /** For clients that take no frame so large: by their limit, id and form. */
  const fitting = new Map<string, Batch>()
  let scheduled: NodeJS.Immediate | undefined
  let delivered = 0
  // Clients with the same channels get the same bytes.
  let merged: { readonly batches: readonly Batch[]; readonly bytes: Buffer } | undefined
  // Those who are pinged with the same bytes too.
  let pinged: { readonly bytes: Buffer; readonly whole: Buffer } | undefined

  const schedule = (): void => {
    scheduled ??= setImmediate(sweep)
  }

  const tick = (at: number): void => {
    for (const [subscription, dueAt] of waiting) {
      if (dueAt > at) continue
      waiting.delete(subscription)
      ready.add(subscription)
      schedule()
    }
  }
  const onTimer = (): void => {
    timer = undefined
    tick(now())
    if (waiting.size > 0) timer = setTimeout(onTimer, grainMs)
  }
  const wakeAt = (subscription: Subscription, at: number): void => {
    waiting.set(subscription, Math.min(at, waiting.get(subscription) ?? at))
    timer ??= setTimeout(onTimer, grainMs)
  }

  /** With `alone` no other channel has anything, so that nothing is to be merged. */
  const collect = (channel: ChannelState, alone: boolean): void => {
    const items = channel.pending
    channel.pending = []
    channel.dirty = false
    byForm.length = 0
    if (fitting.size > 0) fitting.clear()
    for (const subscription of channel.followers) ready.add(subscription)
    for (const subscription of channel.live) {
      try {
        const { client, flow, form, formIndex, outlet } = subscription
        let batch = byForm[formIndex]
        if (!batch) {
          batch = makeBatch(items, form)
          byForm[formIndex] = batch
        }
        if (batch.largest > subscription.messageBytes) batch = fittingBatch(items, subscription)
        if (batch.next) useForm(subscription, batch.next)
        // Nearly always: one channel has something, the client has none of it yet and takes what it is given.
        if (
          alone &&
          subscription.fromSeq < batch.first &&
          flow.sent + batch.bytes.length <= flow.mark &&
          outlet.buffered() + batch.bytes.length <= subscription.bufferBytes
        ) {
          flow.sent += batch.bytes.length
          outlet.write(batch.bytes)
          delivered += batch.messages
          continue
        }
        if (subscription.fromSeq >= batch.first) {
          // It joined in the middle and has the beginning already.
          const rest = items.filter((item) => item.seq > subscription.fromSeq)
          useForm(subscription, form)
          if (rest.length === 0) continue
          batch = makeBatch(rest, form, batch.largest > subscription.messageBytes ? subscription : undefined)
          if (batch.next) useForm(subscription, batch.next)
        }
        if (alone) {
          deliver(client, batch, subscription)
        } else if (client.batch) {
          client.moreBatches.push({ batch, subscription })
        } else {
          client.batch = batch
          client.batchOf = subscription
          touched[touchedCount++] = client
        }
      } catch (error) {
        failDelivery(subscription, error)
      }
    }
  }

  const fittingBatch = (items: readonly Item[], subscription: Subscription): Batch => {
    const { messageBytes, id, form } = subscription
    const like = `${messageBytes} ${id} ${form.index}`
    const made = fitting.get(like) ?? makeBatch(items, form, subscription)
    fitting.set(like, made)
    return made
  }

  const mergedFor = (client: Client, first: Batch): Buffer => {
    if (!merged || !isSame(merged.batches, first, client)) {
      const batches = [first, ...client.moreBatches.map(({ batch }) => batch)]
      merged = { batches, bytes: mergeBatches(batches) }
    }
    return merged.bytes
  }

  const withPing = ({ form: { ping } }: Client, bytes: Buffer): Buffer => {
    if (!ping) return bytes
    if (pinged?.bytes !== bytes) pinged = { bytes, whole: Buffer.concat([bytes, ping]) }
    return pinged.whole
  }

  const deliver = (client: Client, batch: Batch, subscription: Subscription): void => {
    if (client.closed) return
    const bytes = client.moreBatches.length === 0 ? batch.bytes : mergedFor(client, batch)
    const { flow, outlet } = client
    const waits = outlet.buffered()
    // What is behind, or a burst, goes at the client's own speed; one message alone has to go as it is.
    if (waits + bytes.length > client.bufferBytes || !flow.takes(bytes.length)) {
      const isAlone = waits === 0 && flow.takes(1) && batch.items.length === 1 && client.moreBatches.length === 0
      if (!isAlone) return pullInstead(client, batch, subscription)
    }
    outlet.write(flow.carries(bytes.length, now()) ? withPing(client, bytes) : bytes)
    delivered += batch.messages
    for (const more of client.moreBatches) delivered += more.batch.messages
  }

  const deliverTo = (client: Client): void => {
    const { batch, batchOf } = client
    if (!batch || !batchOf) return
    try {
      deliver(client, batch, batchOf)
    } catch (error) {
      failDelivery(batchOf, error)
    }
  }

  const pullInstead = (client: Client, batch: Batch, first: Subscription): void => {
    const at = now()
    const from = new Map([[first, batch.items[0]]])
    for (const { batch: other, subscription } of client.moreBatches) {
      const known = from.get(subscription)
      if (!known || other.first < known.seq) from.set(subscription, other.items[0])
    }
    for (const [subscription, item] of from) {
      if (!item) continue
      startPull(subscription, { after: item.seq - 1, stands: vectorBefore(item) }, at)
      delivered += pump(subscription, at)
    }
  }

  const sweep = (): void => {
    scheduled = undefined
    const channels = dirty
    dirty = []
    for (const channel of channels) {
      collect(channel, channels.length === 1)
    }
    for (let i = 0; i < touchedCount; i++) {
      const client = touched[i]
      touched[i] = undefined
      if (!client) continue
      deliverTo(client)
      client.batch = undefined
      client.batchOf = undefined
      if (client.moreBatches.length > 0) client.moreBatches.length = 0
    }
    touchedCount = 0
    merged = undefined
    pinged = undefined
    byForm.length = 0
    const at = now()
    // Who has not come to the end of its turn wakes its stream again.
    const awake = [...woken]
    woken.clear()
    for (const stream of awake) for (const subscription of stream.pulls) ready.add(subscription)
    if (ready.size === 0) return
    const having = ready
    ready = new Set()
    for (const subscription of having) delivered += pump(subscription, at)
  }

  return {
    mark(channel) {
      if (!channel.dirty) {
        channel.dirty = true
        dirty.push(channel)
      }
      schedule()
    },
    tick,
    wake(stream, subscription, at) {
      if (subscription && at !== undefined) return wakeAt(subscription, at)
      if (subscription) {
        ready.add(subscription)
        return schedule()
      }
      if (stream.pulls.size > 0) schedule()
      // Without a sweep to come it would be held for ever, its window with it.
      if (scheduled) woken.add(stream)
    },
    flush() {
      if (scheduled) clearImmediate(scheduled)
      sweep()
    },
    stop() {
      if (scheduled) clearImmediate(scheduled)
      scheduled = undefined
      clearTimeout(timer)
      waiting.clear()
    },
    delivered: () => delivered,
    countDelivered(messages) {
      delivered += messages
    },
  }
}

function isSame(batches: readonly Batch[], first: Batch, client: Client): boolean {
  if (batches.length !== client.moreBatches.length + 1 || batches[0] !== first) return false
  for (const [i, { batch }] of client.moreBatches.entries()) if (batches[i + 1] !== batch) return false
  return true
}
