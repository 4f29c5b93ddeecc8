import type { ChannelState } from './channel-state.ts'
import type { Epoch } from './epoch.ts'

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

/** Characters; the frame around a page stays below 64 KiB unless one item alone is longer. */
const pageSize = 48 * 1024

export function makePages(
  channel: ChannelState,
  moment: Pick<SnapshotPages, 'seq' | 'epoch' | 'cursor' | 'madeAt'>,
): SnapshotPages {
  const pages: string[] = []
  let page = ''
  let bytes = 0
  for (const { key, data } of channel.keys.values()) {
    const item = `{"channel":${channel.json},"key":${JSON.stringify(key)},"data":${data}}`
    if (page !== '' && page.length + item.length > pageSize) {
      pages.push(page)
      page = ''
    }
    page = page === '' ? item : `${page},${item}`
    bytes += item.length + 1
  }
  pages.push(page)
  return { ...moment, pages, bytes }
}
