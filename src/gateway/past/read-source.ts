import { type Clock, type Logger, messageOf } from '#api'
import { backoffDelay } from '../../util/backoff.ts'
import { createItem, type Item } from '../channel-state.ts'
import { matches, parsePattern } from '../channels.ts'
import type { Subscription } from '../client.ts'
import { behindSeq } from '../delivery/pull.ts'
import { type PullSource, vectorBefore, vectorOf } from '../delivery/pull-source.ts'
import { encodeCursor } from '../positions/cursor.ts'
import { join, type Vector } from '../positions/vector.ts'
import type { ReadBack, Reader } from './read-back.ts'
import type { ReadBacks } from './read-backs.ts'
import { isPattern } from './read-buffer.ts'

export interface ReadSourceOptions {
  readonly subscription: Subscription
  readonly readBacks: ReadBacks
  /** The client came with a position or asked for the past: to be behind is not to be slow. */
  readonly isResume: boolean
  /** Messages must not be missing: what was compacted is not read. */
  readonly isWhole: boolean
  /** When (ms) the state was that it comes from. */
  readonly asOf: number
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Gives a subscription what left the window, from its place in Kafka on: waits for its turn, takes from a shared read-back, falls out of it
 * when it is too slow and queues again, and goes on in the window at the end.
 */
export function createReadSource(options: ReadSourceOptions): PullSource {
  const { subscription, readBacks, clock, log } = options
  const { stream, channels } = subscription
  const life = new AbortController()
  let reader: Reader | undefined
  let readBack: ReadBack | undefined
  /** Told at the end, before the window goes on. */
  let vanished: Iterator<Item> | undefined
  let state: 'away' | 'queued' | 'passed' = 'away'

  const place = (): Vector => {
    const { pull } = subscription
    if (!pull) return { next: [], paths: new Map() }
    const at = vectorOf(pull.stands)
    return pull.base ? join(at, pull.base) : at
  }

  const enter = async (base: Vector): Promise<void> => {
    for (let attempt = 0; !life.signal.aborted; attempt++) {
      try {
        const judged = options.isWhole ? await readBacks.judge(base, options.asOf) : 'readable'
        const start = await readBacks.startFor(base, options.asOf)
        if (life.signal.aborted) return
        if (judged !== 'readable') {
          state = 'passed'
          return stream.wake(subscription)
        }
        const next: Reader = {
          names: channels.map(({ name }) => name),
          after: 0,
          start,
          base,
          asOf: options.asOf,
          wake: () => stream.wake(subscription),
          fall(item) {
            const { pull } = subscription
            // It goes on just there, also within a record.
            if (pull) pull.stands = join(place(), vectorBefore(item))
            readBack = undefined
            state = 'away'
            stream.wake(subscription)
          },
        }
        reader = next
        const isQueued = readBacks.queue(next, (joined) => {
          readBack = joined
        })
        if (isQueued) return
        state = 'passed'
        return stream.wake(subscription)
      } catch (error) {
        log.debug({ error: messageOf(error) }, 'where to begin reading back is not known yet')
        await clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 5000, jitter: 0.5 }), life.signal)
      }
    }
  }

  const leave = (): void => {
    if (!reader) return
    readBacks.forget(reader)
    readBack?.leave(reader)
    readBack = undefined
    reader = undefined
    state = 'away'
  }

  /** What is no longer in the snapshot, of all that was there. */
  function* goneItems(from: ReadBack, reached: Vector): Generator<Item, undefined> {
    if (stream.attachment.snapshot.expireMs === 0) return undefined
    const epoch = from.epoch()
    const cursor = encodeCursor(epoch.start, reached)
    for (const [name, keys] of from.keys.all()) {
      if (!channels.some((own) => own.name === name || (isPattern(own.name) && matches(parsePattern(own.name), name))))
        continue
      const known = stream.channels.get(name)
      for (const key of keys) {
        if (known?.keys.has(key)) continue
        yield createItem({
          kind: 'expiry',
          channel: from.channel(name),
          seq: ++stream.sequence.last,
          epoch,
          cursor,
          key,
          data: undefined,
          at: clock.now(),
        })
      }
    }
    return undefined
  }

  return {
    take() {
      const { pull } = subscription
      if (!pull || state === 'passed') return 'passed'
      if (state === 'away') {
        state = 'queued'
        pull.base = place()
        void enter(pull.base)
        return 'wait'
      }
      if (!reader || !readBack) return 'wait'
      const found = readBack.next(reader)
      if (found) {
        readBack.take(reader, found)
        return found
      }
      if (readBack.state() === 'cut') return 'passed'
      if (readBack.state() !== 'done') return 'wait'
      const reached = join(readBack.vector(), place())
      vanished ??= goneItems(readBack, reached)
      const gone = vanished.next()
      if (!gone.done) return { item: gone.value, former: undefined }
      vanished = undefined
      leave()
      pull.stands = reached
      // The window has moved on meanwhile: once more.
      if (!stream.window.holds(reached)) {
        stream.wake(subscription)
        return 'wait'
      }
      pull.base = reached
      pull.after = behindSeq(channels, reached)
      pull.startedAt = clock.now()
      return 'end'
    },
    stop() {
      life.abort()
      leave()
    },
    nextAt() {
      if (options.isResume || !reader) return undefined
      return readBack?.next(reader)?.item.at
    },
  }
}
