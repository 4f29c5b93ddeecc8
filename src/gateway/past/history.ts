import { type Refusal, refuse, resumeReasons } from '../codes.ts'
import { behindSeq } from '../delivery/pull.ts'
import { vectorBefore } from '../delivery/pull-source.ts'
import { sayable } from '../delivery/standing.ts'
import { fifoFind } from '../fifo.ts'
import { isHere } from '../positions/is-here.ts'
import type { Checked } from '../positions/resume.ts'
import { join } from '../positions/vector.ts'
import type { Stream } from '../stream.ts'
import { createHistoryPage, type History, type HistoryPage, type PageBounds } from './history-page.ts'
import type { ReadBack, Reader } from './read-back.ts'
import type { ReadBacks } from './read-backs.ts'

export interface HistoryOptions extends PageBounds {
  readonly stream: Stream
  readonly readBacks: ReadBacks | undefined
  readonly channel: string
  readonly start: Extract<Checked, { ok: true }>
  /** It takes too long. */
  readonly signal: AbortSignal
}

/** Collects what followed a position, from the window or from Kafka, sharing read-backs with all others. What was had when it ends early is answered. */
export async function collectHistory(options: HistoryOptions): Promise<History | Refusal> {
  const { stream, channel, start, signal } = options
  const page = createHistoryPage(start.base, options)
  for (;;) {
    const base = page.place()
    if (isHere(stream, [channel], base) || stream.window.holds(base)) return fromWindow(page, stream, channel)
    const end = signal.aborted ? 'late' : await readStretch(page, options)
    if (end === 'full') return page.history(true)
    if (end === 'on') continue
    return page.hasMoved() ? page.history(true) : refusals[end]()
  }
}

const refusals = {
  cut: () => refuse('no_history', `retention_passed: ${resumeReasons.retention_passed}`, { field: 'from' }),
  busy: () => refuse('busy', 'Too many wait for what is read back: try again soon.', { retryAfter: 2000 }),
  late: () =>
    refuse('unavailable', 'What was published before could not be read in time: try again later.', {
      retryAfter: 2000,
    }),
}

function fromWindow(page: HistoryPage, stream: Stream, channel: string): History {
  const state = stream.channels.get(channel)
  if (!state) return page.history(false)
  const base = page.place()
  page.goTo(base)
  const after = behindSeq([state], base)
  const { head, items } = state.log
  for (let place = fifoFind(state.log, ({ seq }) => seq > after); place < items.length; place++) {
    const item = items[place]
    const former = place > head ? items[place - 1] : state.evicted
    if (item && !page.add({ item, former })) return page.history(true)
  }
  return page.history(false)
}

/** Takes from one read-back, as long as the page has room. `on`: it goes on elsewhere. */
function readStretch(
  page: HistoryPage,
  { readBacks, channel, start, signal }: HistoryOptions,
): Promise<'on' | 'full' | keyof typeof refusals> {
  return new Promise((resolve) => {
    const base = page.place()
    page.goTo(base)
    let readBack: ReadBack | undefined
    const end = (how: 'on' | 'full' | keyof typeof refusals): void => {
      signal.removeEventListener('abort', onAbort)
      readBacks?.forget(reader)
      readBack?.leave(reader)
      resolve(how)
    }
    const onAbort = (): void => {
      if (readBack?.state() === 'reading' && !readBack.next(reader)) {
        const reached = join(readBack.vector(), page.place())
        const told = sayable(readBack.epoch(), reached)
        if (told) page.goTo(reached, told)
      }
      end('late')
    }
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
          if (!page.add(found)) return end('full')
        }
        const state = readBack.state()
        if (state === 'done') page.goTo(join(readBack.vector(), page.place()))
        if (state === 'done' || state === 'cut') end(state === 'done' ? 'on' : 'cut')
      },
      fall(item) {
        page.goTo(join(page.place(), vectorBefore(item)))
        end('on')
      },
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const isQueued = readBacks?.queue(reader, (joined) => {
      readBack = joined
    })
    if (!isQueued) end('busy')
  })
}
