import type { ReplyFrame } from './frames.ts'
import type { Message } from './subscription.ts'

export interface HistoryOptions {
  /** A position, `earliest` (default), an age such as `-10m`, or a time in ISO 8601 or in ms. */
  readonly from?: string | undefined
  /** The most messages. Default: 100. */
  readonly limit?: number | undefined
}

export interface History<T = unknown> {
  readonly items: readonly Message<T>[]
  /** There are more behind the last one: ask again from its position. */
  readonly more: boolean
}

export function historyOf<T>(reply: ReplyFrame): History<T> {
  if (reply.type !== 'history') return { items: [], more: false }
  const items = reply.items.map(({ channel, key, data, deleted = false, position }) => ({
    channel,
    key,
    data: data as T | undefined,
    deleted,
    position,
  }))
  return { items, more: reply.more }
}
