import { type Batch, makeBatch, mergeBatches } from './batch.ts'
import type { ChannelState } from './channel-state.ts'
import { type Client, closeClient, type Subscription } from './client.ts'
import { pump } from './pull.ts'
import type { Stream } from './stream.ts'

/**
 * Brings what was published to the clients, in sweeps: at once when idle; what comes while a sweep is under way shares the
 * next. Each client gets one write for each sweep, and no object is made for a delivery.
 */
export interface FanOut {
  /** The channel has items for its live subscribers. */
  mark(channel: ChannelState): void
  /** The stream's catching-up subscriptions may go on. */
  wake(stream: Stream): void
  /** Does now what the next sweep would. */
  flush(): void
  stop(): void
  /** Messages handed to clients so far. */
  delivered(): number
  countDelivered(messages: number): void
}

export function createFanOut(now: () => number): FanOut {
  let dirty: ChannelState[] = []
  const woken = new Set<Stream>()
  /** Kept from sweep to sweep, so that it need not grow again. */
  const touched: (Client | undefined)[] = []
  let touchedCount = 0
  const byForm: (Batch | undefined)[] = []
  let scheduled: NodeJS.Immediate | undefined
  let delivered = 0
  // Clients with the same channels get the same bytes.
  let merged: { readonly batches: readonly Batch[]; readonly bytes: Buffer } | undefined

  const schedule = (): void => {
    scheduled ??= setImmediate(sweep)
  }

  /** With `alone` no other channel has anything, so that nothing is to be merged. */
  const collect = (channel: ChannelState, alone: boolean): void => {
    const items = channel.pending
    channel.pending = []
    channel.dirty = false
    byForm.length = 0
    for (const subscription of channel.live) {
      const { client, formIndex, outlet } = subscription
      let batch = byForm[formIndex]
      if (!batch) {
        batch = makeBatch(items, client)
        byForm[formIndex] = batch
      }
      // Nearly always: one channel has something, the client has none of it yet and takes what it is given.
      if (
        alone &&
        subscription.fromSeq < batch.first &&
        outlet.buffered() + batch.bytes.length <= subscription.bufferBytes
      ) {
        outlet.write(batch.bytes)
        delivered += batch.messages
        continue
      }
      if (subscription.fromSeq >= batch.first) {
        // It joined in the middle and has the beginning already.
        const rest = items.filter((item) => item.seq > subscription.fromSeq)
        if (rest.length === 0) continue
        batch = makeBatch(rest, client)
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
    }
  }

  const mergedFor = (client: Client, first: Batch): Buffer => {
    if (!merged || !isSame(merged.batches, first, client)) {
      const batches = [first, ...client.moreBatches.map(({ batch }) => batch)]
      merged = { batches, bytes: mergeBatches(batches, client) }
    }
    return merged.bytes
  }

  const deliver = (client: Client, batch: Batch, subscription: Subscription): void => {
    if (client.closed) return
    const bytes = client.moreBatches.length === 0 ? batch.bytes : mergedFor(client, batch)
    const waiting = client.outlet.buffered()
    if (waiting + bytes.length > client.bufferBytes) {
      // A burst, and not slowness, when the bytes alone are many: the client gets them at its own speed.
      if (bytes.length > client.bufferBytes / 4 && pullInstead(client, batch, subscription)) return
      if (waiting > 0) return closeClient(client, 'slow')
    }
    client.outlet.write(bytes)
    delivered += batch.messages
    for (const more of client.moreBatches) delivered += more.batch.messages
  }

  const pullInstead = (client: Client, batch: Batch, first: Subscription): boolean => {
    const at = now()
    const from = new Map([[first, batch.first - 1]])
    for (const { batch: other, subscription } of client.moreBatches)
      from.set(subscription, Math.min(other.first - 1, from.get(subscription) ?? other.first))
    for (const [subscription, after] of from) {
      for (const channel of subscription.channels) {
        if (channel.evicted && channel.evicted.seq > after) return false
      }
    }
    for (const [subscription, after] of from) {
      for (const channel of subscription.channels) channel.live.delete(subscription)
      subscription.pull = {
        after,
        base: undefined,
        epoch: undefined,
        told: undefined,
        pages: [],
        startedAt: at,
        progressAt: at,
      }
      subscription.stream.pulls.add(subscription)
      delivered += pump(subscription, at)
    }
    return true
  }

  const sweep = (): void => {
    scheduled = undefined
    const channels = dirty
    dirty = []
    for (const channel of channels) collect(channel, channels.length === 1)
    for (let i = 0; i < touchedCount; i++) {
      const client = touched[i]
      touched[i] = undefined
      if (!client) continue
      if (client.batch && client.batchOf) deliver(client, client.batch, client.batchOf)
      client.batch = undefined
      client.batchOf = undefined
      if (client.moreBatches.length > 0) client.moreBatches.length = 0
    }
    touchedCount = 0
    merged = undefined
    byForm.length = 0
    const at = now()
    // Who has not come to the end of its turn wakes its stream again.
    const awake = [...woken]
    woken.clear()
    for (const stream of awake) for (const subscription of stream.pulls) delivered += pump(subscription, at)
  }

  return {
    mark(channel) {
      if (!channel.dirty) {
        channel.dirty = true
        dirty.push(channel)
      }
      schedule()
    },
    wake(stream) {
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
