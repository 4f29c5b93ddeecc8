import type { ReplyFrame } from './frames.ts'
import type { Message } from './subscription.ts'

export interface PastMessage<T = unknown> extends Message<T> {
  /** Instead of data: the bytes of a message that is larger than this client takes. */
  readonly oversize?: number
}

export interface HistoryOptions {
  /** A position, `earliest` (default), an age such as `-10m`, or a time in ISO 8601 or in ms. */
  readonly from?: string | undefined
  /** The most messages. Default: 100. */
  readonly limit?: number | undefined
}

export interface History<T = unknown> {
  readonly items: readonly PastMessage<T>[]
  /** There are, or may be, later ones: ask again from `position`. */
  readonly more: boolean
  /** Where to go on when there are; a page may also be empty, when what was read in time is of other channels. */
  readonly position?: string | undefined
}

export function historyOf<T>(reply: ReplyFrame): History<T> {
  if (reply.type !== 'history') return { items: [], more: false }
  const items = reply.items.map(({ channel, key, data, deleted = false, oversize, position }) => ({
    channel,
    key,
    data: data as T | undefined,
    deleted,
    position,
    ...(oversize !== undefined && { oversize }),
  }))
  const last = reply.position ?? items.at(-1)?.position
  return { items, more: reply.more, ...(reply.more && last !== undefined && { position: last }) }
}
