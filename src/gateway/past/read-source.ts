import { type Clock, type Logger, messageOf } from '#api'
import { backoffDelay } from '../../util/backoff.ts'
import { createItem, type Item } from '../channel-state.ts'
import { matches, parsePattern } from '../channels.ts'
import type { Subscription } from '../client.ts'
import { behindSeq } from '../delivery/pull.ts'
import { type PullSource, vectorBefore } from '../delivery/pull-source.ts'
import { placeOf, sayable } from '../delivery/standing.ts'
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

/** `passed`: what comes next cannot be had. `asking`, `queued`: its turn has not come. */
type Stage =
  | { readonly is: 'away' | 'asking' | 'passed' }
  | { readonly is: 'queued'; readonly reader: Reader }
  | { readonly is: 'reading'; readonly reader: Reader; readonly readBack: ReadBack }
  /** All was taken: what vanished is told, before the window goes on. */
  | { readonly is: 'ending'; readonly reader: Reader; readonly readBack: ReadBack; readonly gone: Iterator<Item> }

/**
 * Gives a subscription what left the window, from its place in Kafka on: waits for its turn, takes from a shared read-back, falls out of it
 * when it is too slow and queues again, and goes on in the window at the end.
 */
export function createReadSource(options: ReadSourceOptions): PullSource {
  const { subscription, readBacks, clock, log } = options
  const { stream, channels } = subscription
  const life = new AbortController()
  let stage: Stage = { is: 'away' }

  const enter = async (base: Vector): Promise<void> => {
    for (let attempt = 0; !life.signal.aborted; attempt++) {
      try {
        const judged = options.isWhole ? await readBacks.judge(base, options.asOf) : 'readable'
        const start = await readBacks.startFor(base, options.asOf)
        if (life.signal.aborted) return
        if (judged !== 'readable' || !queue(base, start)) {
          stage = { is: 'passed' }
          stream.wake(subscription)
        }
        return
      } catch (error) {
        log.debug({ error: messageOf(error) }, 'where to begin reading back is not known yet')
        await clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 5000, jitter: 0.5 }), life.signal)
      }
    }
  }

  /** False: too many wait. */
  const queue = (base: Vector, start: Vector): boolean => {
    const reader: Reader = {
      names: channels.map(({ name }) => name),
      after: 0,
      start,
      base,
      asOf: options.asOf,
      wake: () => stream.wake(subscription),
      fall(item) {
        const { pull } = subscription
        // It goes on just there, also within a record.
        if (pull) pull.stands = join(placeOf(pull), vectorBefore(item))
        stage = { is: 'away' }
        stream.wake(subscription)
      },
    }
    stage = { is: 'queued', reader }
    return readBacks.queue(reader, (readBack) => {
      stage = { is: 'reading', reader, readBack }
    })
  }

  const leave = (): void => {
    if ('readBack' in stage) stage.readBack.leave(stage.reader)
    else if ('reader' in stage) readBacks.forget(stage.reader)
    stage = { is: 'away' }
  }

  /** What is no longer in the snapshot, of all that was there. */
  function* goneItems(from: ReadBack, reached: Vector): Generator<Item, undefined> {
    if (stream.attachment.snapshot.expireMs === 0) return undefined
    const epoch = from.epoch()
    const cursor = encodeCursor(epoch.start, reached)
    for (const { channel: name, key } of from.keys.gone()) {
      if (!channels.some((own) => own.name === name || (isPattern(own.name) && matches(parsePattern(own.name), name))))
        continue
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
    return undefined
  }

  return {
    take() {
      const { pull } = subscription
      if (!pull || stage.is === 'passed') return 'passed'
      if (stage.is === 'away') {
        stage = { is: 'asking' }
        pull.base = placeOf(pull)
        void enter(pull.base)
      }
      if (!('readBack' in stage)) return 'wait'
      const { reader, readBack } = stage
      const found = readBack.next(reader)
      if (found) {
        readBack.take(reader, found)
        return found.item.kind === 'expiry' ? { ...found, isSure: true } : found
      }
      if (readBack.state() === 'cut') return 'passed'
      if (readBack.state() !== 'done') return 'wait'
      const reached = join(readBack.vector(), placeOf(pull))
      if (stage.is === 'reading') {
        if (options.isWhole && !readBack.keys.isWhole()) return 'passed'
        stage = { is: 'ending', reader, readBack, gone: goneItems(readBack, reached) }
      }
      const gone = stage.gone.next()
      if (!gone.done) return { item: gone.value, former: undefined }
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
      if (options.isResume || !('readBack' in stage)) return undefined
      return stage.readBack.next(stage.reader)?.item.at
    },
    reached() {
      const { pull } = subscription
      if (!pull || stage.is !== 'reading') return undefined
      const { reader, readBack } = stage
      if (readBack.state() !== 'reading' || readBack.next(reader)) return undefined
      return sayable(readBack.epoch(), join(readBack.vector(), placeOf(pull)))
    },
  }
}
