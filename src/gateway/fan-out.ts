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
  const touched: Client[] = []
  const byForm: (Batch | undefined)[] = []
  let scheduled: NodeJS.Immediate | undefined
  let delivered = 0
  // Clients with the same channels get the same bytes.
  let merged: { readonly batches: readonly Batch[]; readonly bytes: Buffer } | undefined

  const schedule = (): void => {
    scheduled ??= setImmediate(sweep)
  }

  const collect = (channel: ChannelState): void => {
    const items = channel.pending
    channel.pending = []
    channel.dirty = false
    byForm.length = 0
    for (const subscription of channel.live) {
      const { client } = subscription
      const { index } = client.form
      let batch = byForm[index]
      if (!batch) {
        batch = makeBatch(channel, items, client)
        byForm[index] = batch
      }
      if (subscription.fromSeq >= batch.first) {
        // It joined in the middle and has the beginning already.
        const rest = items.filter((item) => item.seq > subscription.fromSeq)
        if (rest.length === 0) continue
        batch = makeBatch(channel, rest, client)
      }
      if (client.batches.length === 0) touched.push(client)
      client.batches.push(batch)
      client.batchSubscriptions.push(subscription)
    }
  }

  const bytesFor = (client: Client): Buffer => {
    const { batches } = client
    const [only] = batches
    if (batches.length === 1 && only) return only.bytes
    if (!merged || !sameBatches(merged.batches, batches))
      merged = { batches: [...batches], bytes: mergeBatches(batches, client) }
    return merged.bytes
  }

  const deliver = (client: Client): void => {
    if (client.closed) return
    let bytes = 0
    for (const batch of client.batches) bytes += batch.bytes.length
    const waiting = client.outlet.buffered()
    if (waiting + bytes > client.bufferBytes) {
      // A burst, and not slowness, when the bytes alone are many: the client gets them at its own speed.
      if (bytes > client.bufferBytes / 4 && pullInstead(client)) return
      if (waiting > 0) return closeClient(client, 'slow')
    }
    client.outlet.write(bytesFor(client))
    for (const batch of client.batches) delivered += batch.messages
  }

  const pullInstead = (client: Client): boolean => {
    const at = now()
    const from = new Map<Subscription, number>()
    for (const [i, subscription] of client.batchSubscriptions.entries()) {
      const after = (client.batches[i]?.first ?? 0) - 1
      from.set(subscription, Math.min(after, from.get(subscription) ?? after))
    }
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
    for (const channel of channels) collect(channel)
    for (const client of touched) {
      deliver(client)
      client.batches.length = 0
      client.batchSubscriptions.length = 0
    }
    touched.length = 0
    merged = undefined
    byForm.length = 0
    const at = now()
    for (const stream of woken) for (const subscription of stream.pulls) delivered += pump(subscription, at)
    woken.clear()
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
      woken.add(stream)
      if (stream.pulls.size > 0) schedule()
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

function sameBatches(a: readonly Batch[], b: readonly Batch[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
