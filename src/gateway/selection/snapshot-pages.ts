import { type ChannelState, entriesOf } from '../channel-state.ts'
import type { Epoch } from '../positions/epoch.ts'
import type { Selection } from './selection.ts'
import type { SnapshotEntry } from './snapshot.ts'

/** A channel's snapshot as it was at one moment, in pages that all who ask at about that time share. */
export interface SnapshotPages {
  /** The sequence number of the moment. */
  readonly seq: number
  /** The position of the moment. */
  readonly epoch: Epoch
  readonly cursor: string
  readonly madeAt: number
  /** Each the items of a `snapshot` frame, joined by commas; at least one page. */
  readonly pages: readonly string[]
  readonly bytes: number
}

/** A channel's snapshot on its way to one client. */
export interface Transfer {
  readonly channel: ChannelState
  /** The pages, when others may share them. */
  readonly shared: SnapshotPages | undefined
  /** Made when it is asked for; `later`: this took long enough, ask again in another turn. */
  next(): Page | 'later'
}

export interface Page {
  readonly text: string
  readonly isLast: boolean
}

/** Characters; the frame around a page stays below 64 KiB unless one item alone is longer. */
const pageSize = 48 * 1024
/** Entries that are judged in one turn. */
const turn = 2000

const textOf = ({ channel, key, data }: SnapshotEntry): string =>
  `{"channel":${channel.json},"key":${JSON.stringify(key)},"data":${data}}`

const isFull = (page: string, more: string): boolean => page !== '' && page.length + more.length > pageSize
const joined = (page: string, more: string): string => (page === '' ? more : `${page},${more}`)

export function makePages(
  channel: ChannelState,
  moment: Pick<SnapshotPages, 'seq' | 'epoch' | 'cursor' | 'madeAt'>,
): SnapshotPages {
  const pages: string[] = []
  let page = ''
  let bytes = 0
  for (const entry of entriesOf(channel)) {
    const item = textOf(entry)
    if (isFull(page, item)) {
      pages.push(page)
      page = ''
    }
    page = joined(page, item)
    bytes += item.length + 1
  }
  pages.push(page)
  return { ...moment, pages, bytes }
}

export function transferShared(channel: ChannelState, shared: SnapshotPages): Transfer {
  let place = 0
  return {
    channel,
    shared,
    next() {
      const text = shared.pages[place++] ?? ''
      return { text, isLast: place >= shared.pages.length }
    },
  }
}

/**
 * What passes a selection, made as the client reads. What was updated after `seq` is left out: the message that did it
 * follows, as does every later one.
 */
export function transferSelected(channel: ChannelState, selection: Selection, seq: number): Transfer {
  const entries = entriesOf(channel)
  let page = ''
  return {
    channel,
    shared: undefined,
    next() {
      for (let judged = 0; judged < turn && !selection.isSpent(); judged++) {
        const { value: entry, done } = entries.next()
        if (done) return { text: page, isLast: true }
        if (entry.seq > seq || !selection.shows(entry)) continue
        const item = textOf(entry)
        if (!isFull(page, item)) {
          page = joined(page, item)
          continue
        }
        const text = page
        page = item
        return { text, isLast: false }
      }
      return 'later'
    },
  }
}
