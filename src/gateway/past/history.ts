import type { Item } from '../channel-state.ts'
import { behindSeq } from '../delivery/pull.ts'
import { vectorBefore } from '../delivery/pull-source.ts'
import { fifoFind } from '../fifo.ts'
import { encodeCursor, vectorAt } from '../positions/cursor.ts'
import { isHere } from '../positions/is-here.ts'
import type { Checked } from '../positions/resume.ts'
import { dominates, isBehind, join, type Vector } from '../positions/vector.ts'
import type { Stream } from '../stream.ts'
import type { ReadBack, Reader } from './read-back.ts'
import type { ReadBacks } from './read-backs.ts'

/** Messages of one channel, oldest first, each as JSON text with its position. */
export interface History {
  readonly items: readonly string[]
  /** There are later ones. */
  readonly more: boolean
}

export interface HistoryOptions {
  readonly stream: Stream
  readonly readBacks: ReadBacks | undefined
  readonly channel: string
  readonly start: Extract<Checked, { ok: true }>
  readonly limit: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Collects what followed a position, from the window or from Kafka, sharing read-backs with all others. Rejects when what came next is no
 * longer there, and when the signal aborts.
 */
export async function collectHistory(options: HistoryOptions): Promise<History> {
  const { stream, channel, start, signal } = options
  const page = createPage(options)
  for (let base: Vector | undefined = start.base; base; ) {
    if (isHere(stream, [channel], base) || stream.window.holds(base)) {
      const state = stream.channels.get(channel)
      const items = state?.log.items ?? []
      const after = state ? behindSeq([state], base) : 0
      const from = state ? fifoFind(state.log, ({ seq }) => seq > after) : 0
      for (let place = from; place < items.length; place++) {
        const item = items[place]
        if (item && !page.add(item)) break
      }
      break
    }
    signal.throwIfAborted()
    base = await readStretch(base, page, options)
  }
  return page.history()
}

interface Page {
  /** False: there is no room, and there is more. */
  add(item: Item): boolean
  history(): History
}

function createPage({ start, limit, maxBytes }: HistoryOptions): Page {
  const items: string[] = []
  const { base } = start
  let bytes = 0
  let more = false
  return {
    add(item) {
      if (item.kind !== 'message' || isBehind(base, item.partition, item.offset, item.path)) return true
      const { channel, key, data, epoch } = item
      const reached = vectorAt(epoch, item.cursor)
      const cursor = dominates(reached, base) ? item.cursor : encodeCursor(epoch.start, join(reached, base))
      const about = key === undefined ? '' : `,"key":${JSON.stringify(key)}`
      const value = data === undefined ? ',"deleted":true' : `,"data":${data}`
      const text = `{"channel":${channel.json}${about}${value},"position":"${epoch.text()}${cursor}"}`
      more = items.length >= limit || (items.length > 0 && bytes + text.length > maxBytes)
      if (more) return false
      items.push(text)
      bytes += text.length
      return true
    },
    history: () => ({ items, more }),
  }
}

/** Takes from one read-back; answers how far it came, undefined when the page is full. */
function readStretch(
  base: Vector,
  page: Page,
  { readBacks, channel, start, signal }: HistoryOptions,
): Promise<Vector | undefined> {
  return new Promise((resolve, reject) => {
    let readBack: ReadBack | undefined
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      readBacks?.forget(reader)
      readBack?.leave(reader)
      settle()
    }
    const onAbort = (): void => end(() => reject(signal.reason))
    const reader: Reader = {
      names: [channel],
      after: 0,
      start: base,
      base,
      asOf: start.asOf,
      wake() {
        if (!readBack) return
        for (let found = readBack.next(reader); found; found = readBack.next(reader)) {
          readBack.take(reader, found)
          if (!page.add(found.item)) return end(() => resolve(undefined))
        }
        const reached = join(readBack.vector(), base)
        if (readBack.state() === 'done') end(() => resolve(reached))
        else if (readBack.state() === 'cut') end(() => reject(new Error('What came next is no longer in Kafka.')))
      },
      fall: (item) => end(() => resolve(join(base, vectorBefore(item)))),
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const isQueued = readBacks?.queue(reader, (joined) => {
      readBack = joined
    })
    if (!isQueued) end(() => reject(new Error('Too many wait for what is read back.')))
  })
}
