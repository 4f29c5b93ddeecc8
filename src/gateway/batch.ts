import { frameOf, type Item } from './channel-state.ts'
import type { Client } from './client.ts'

/** What one sweep has for the clients of one form on one channel. */
export interface Batch {
  readonly items: readonly Item[]
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly bytes: Buffer
}

export function makeBatch(items: readonly Item[], client: Client): Batch {
  const frames: Buffer[] = []
  let messages = 0
  for (const item of items) {
    frames.push(frameOf(item, client))
    if (item.kind !== 'position') messages++
  }
  return {
    items,
    first: items[0]?.seq ?? 0,
    last: items.at(-1)?.seq ?? 0,
    messages,
    bytes: joined(frames),
  }
}

/** The bytes of several channels' batches in the order of their items. */
export function mergeBatches(batches: readonly Batch[], client: Client): Buffer {
  const ordered = batches.toSorted((a, b) => a.first - b.first)
  if (ordered.every((batch, place) => place === 0 || (ordered[place - 1]?.last ?? 0) < batch.first))
    return joined(ordered.map((batch) => batch.bytes))
  const items = ordered.flatMap((batch) => batch.items)
  return joined(items.toSorted((a, b) => a.seq - b.seq).map((item) => frameOf(item, client)))
}

const joined = (frames: readonly Buffer[]): Buffer =>
  frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames)
