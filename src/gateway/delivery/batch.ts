import { frameOf, type Item } from '../channel-state.ts'
import type { Form, Subscription } from '../client.ts'
import { firstForm } from '../forms/delta.ts'

/** What one sweep has for the clients of one form on one channel. */
export interface Batch {
  readonly items: readonly Item[]
  readonly frames: readonly Buffer[]
  readonly first: number
  readonly last: number
  readonly messages: number
  readonly bytes: Buffer
  /** The bytes of its largest frame. */
  readonly largest: number
  /** The form of what follows, when that is another. */
  readonly next: Form | undefined
}

/** With a subscription it is for those alone that take no larger frames, under the same id: a notice stands for what is larger. */
export function makeBatch(items: readonly Item[], form: Form, fitting?: Subscription): Batch {
  const frames: Buffer[] = []
  let [messages, largest] = [0, 0]
  let current = form
  for (const item of items) {
    let frame = frameOf(item, current)
    if (item.kind !== 'position') messages++
    if (fitting && item.kind !== 'position' && frame.length > fitting.messageBytes) {
      frame = current.oversize(fitting, item, item.cursor, frame.length)
      // What it has not got is no base.
      current = firstForm(fitting.client, fitting.terms)
    } else if (item.kind !== 'position') current = current.next ?? current
    frames.push(frame)
    largest = Math.max(largest, frame.length)
  }
  return {
    items,
    frames,
    first: items[0]?.seq ?? 0,
    last: items.at(-1)?.seq ?? 0,
    messages,
    bytes: joined(frames),
    largest,
    next: current === form ? undefined : current,
  }
}

/** The bytes of several channels' batches in the order of their items. */
export function mergeBatches(batches: readonly Batch[]): Buffer {
  const ordered = batches.toSorted((a, b) => a.first - b.first)
  if (ordered.every((batch, place) => place === 0 || (ordered[place - 1]?.last ?? 0) < batch.first))
    return joined(ordered.map((batch) => batch.bytes))
  const all = ordered.flatMap(({ items, frames }) => items.map(({ seq }, place) => ({ seq, frame: frames[place] })))
  return joined(all.toSorted((a, b) => a.seq - b.seq).flatMap(({ frame }) => frame ?? []))
}

const joined = (frames: readonly Buffer[]): Buffer =>
  frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames)
