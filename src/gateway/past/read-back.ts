import type { Clock, Logger, Progress, Publication, ReplayRange, SinkPast, TopicPartition } from '#api'
import { messageOf } from '#api'
import { backoffDelay } from '../../util/backoff.ts'
import { type ChannelState, costOf, createChannelState, createItem, type Item } from '../channel-state.ts'
import type { Found } from '../delivery/pull-source.ts'
import type { Epoch } from '../positions/epoch.ts'
import { createTracker } from '../positions/tracker.ts'
import { dominates, meet, type Vector } from '../positions/vector.ts'
import type { Stream } from '../stream.ts'
import { createPastKeys, type PastKey, type PastKeys } from './past-keys.ts'
import { createPoke } from './poke.ts'
import type { ReadBudget } from './read-budget.ts'
import { createReadBuffer, type Taker } from './read-buffer.ts'
import { eachPart } from './record-parts.ts'
import { timesBefore } from './times-before.ts'

/** Who is served by a read-back. */
export interface Reader extends Taker {
  /** Where reading has to begin for it. */
  readonly start: Vector
  /** Where it goes on; not before `start`. */
  readonly base: Vector
  /** When (ms) the state was that it comes from: what vanished since was not told. */
  readonly asOf: number
  /** There is something for it, or the read-back came to its end. */
  wake(): void
  /** It was too slow: it needs another read-back from where it is, before this item. */
  fall(next: Item): void
}

/** One reading of a stream's topics for all who need about the same of it. */
export interface ReadBack {
  /** How far it has come: nobody who stands before it can join. */
  vector(): Vector
  /** `done`: what follows is in the window. `cut`: what comes next is no longer in Kafka. */
  state(): 'starting' | 'reading' | 'done' | 'cut'
  join(reader: Reader): void
  leave(reader: Reader): void
  size(): number
  next(reader: Reader): Found | undefined
  take(reader: Reader, found: Found): void
  epoch(): Epoch
  channel(name: string): ChannelState
  /** The keys that were seen, for who has to be told what vanished meanwhile. */
  readonly keys: PastKeys
}

export interface ReadBackOptions {
  readonly stream: Stream
  readonly past: SinkPast
  readonly isManifold: boolean
  readonly epochMs: number
  readonly budget: ReadBudget
  readonly clock: Clock
  readonly log: Logger
  readonly onRead: (records: number, bytes: number) => void
  /** Nobody is left, or nobody is to be waited for any more. */
  readonly onEnd: () => void
}

/** What is read ahead of those who take it. */
const bufferBytes = 8_388_608
/** How long (ms) those who hold all others up are waited for. */
const patienceMs = 5000
const backoff = { initialMs: 100, maxMs: 5000, jitter: 0.5 }
/** Channels of patterns that are known by name at once. */
const maxChannels = 10_000

/** For a first reader; others may join. */
export function startReadBack(options: ReadBackOptions, first: Reader): ReadBack {
  const { stream, past, isManifold, budget, clock, log } = options
  const life = new AbortController()
  const { signal } = life
  const readers = new Set<Reader>()
  const buffer = createReadBuffer<Reader>(bufferBytes)
  const keys = createPastKeys(stream, clock)
  const others = new Map<string, ChannelState>()
  const letGo = stream.window.hold()
  let state: ReturnType<ReadBack['state']> = 'starting'
  let tracker = createTracker(stream.epochs, options.epochMs, clock.now())
  const resetAt = stream.resetAt()
  const { waitFor, poke } = createPoke(clock, signal)

  const leastStart = (): Vector => [...readers].map(({ start }) => start).reduce(meet)
  const channelOf = (name: string): ChannelState => {
    const known = stream.channels.get(name) ?? others.get(name)
    if (known) return known
    if (others.size >= maxChannels) others.clear()
    const channel = createChannelState(name, { bytes: 0 })
    others.set(name, channel)
    return channel
  }

  /** Who comes before the first record is read may begin earlier than the others. */
  const begin = async (): Promise<void> => {
    for (;;) {
      const start = leastStart()
      const before = await timesBefore(stream, start.next)
      if (readers.size === 0 || signal.aborted) return
      if (!dominates(leastStart(), start)) continue
      const asOf = Math.min(...[...readers].map((reader) => reader.asOf))
      tracker = createTracker(stream.epochs, options.epochMs, clock.now(), asOf)
      for (const [index, partition] of stream.tracker.partitions().entries())
        open(partition, BigInt(start.next[index] ?? 0), before[index])
      state = 'reading'
      return
    }
  }

  const open = (at: TopicPartition, offset: bigint, timestampBefore?: number): void => {
    const topicId = stream.tracker.topicIds().get(at.topic)
    tracker.open([{ ...at, offset, timestampBefore, topicId }])
  }

  const openNew = (): void => {
    const known = tracker.partitions().length
    for (const partition of stream.tracker.partitions().slice(known)) open(partition, 0n)
  }

  const rangesLeft = (): ReplayRange[] => {
    const [{ next }, { next: ends }] = [tracker.vector(), stream.tracker.vector()]
    return tracker.partitions().flatMap(({ topic, partition }, index) => {
      const [from, to] = [next[index] ?? 0, ends[index] ?? 0]
      return from < to ? [{ topic, partition, from: BigInt(from), to: BigInt(to) }] : []
    })
  }

  /** The window has the rest, and what lies before the readers' positions was seen. */
  const isThere = (): boolean => {
    const reached = tracker.vector()
    if (!stream.window.holds(reached)) return false
    const { next: ends } = stream.tracker.vector()
    return [...readers].every(({ base }) =>
      base.next.every((at, index) => (reached.next[index] ?? 0) >= Math.min(at, ends[index] ?? 0)),
    )
  }

  const put = (publication: Publication, path: readonly number[], now: number): void => {
    const { channel: name, key, data, origin } = publication
    const logs = buffer.logsFor(name)
    if (logs.length === 0) return
    const channel = channelOf(name)
    const cursor = tracker.cursor(path)
    const item: Item = {
      kind: 'message',
      channel,
      seq: ++stream.sequence.last,
      epoch: tracker.epoch(),
      cursor,
      key,
      data,
      partition: tracker.index,
      offset: tracker.offset,
      path,
      at: Math.min(now, origin.timestamp),
      bytes: costOf(channel, cursor, key, data),
      isHeld: false,
      frames: [],
      base: undefined,
      delta: undefined,
    }
    buffer.add(item, logs)
    for (const gone of keys.put(name, key, data)) tellGone(gone, item)
  }
  const tellGone = ({ channel, key }: PastKey, { epoch, cursor, at }: Item): void => {
    const logs = buffer.logsFor(channel)
    if (logs.length === 0) return
    const seq = ++stream.sequence.last
    buffer.add(
      createItem({ kind: 'expiry', channel: channelOf(channel), seq, epoch, cursor, key, data: undefined, at }),
      logs,
    )
  }

  const takeIn = (publications: readonly Publication[], progress: readonly Progress[], bytes: number): void => {
    const now = clock.now()
    let records = 0
    const onRecord = (): void => void records++
    eachPart(publications, { tracker, isManifold, now, onRecord }, (publication, path) => put(publication, path, now))
    tracker.advance(progress)
    options.onRead(records, bytes)
    for (const reader of readers) if (buffer.next(reader)) reader.wake()
  }

  const drop = (reader: Reader): void => {
    const found = buffer.next(reader)
    leave(reader)
    if (found) reader.fall(found.item)
    else reader.wake()
  }

  /** Waits until there is room. Who holds up others that have nothing left falls out, and in the end who holds up all. */
  const room = async (): Promise<void> => {
    let hasPatience = true
    while (buffer.isFull() && !signal.aborted) {
      buffer.trim()
      if (!buffer.isFull()) return
      if (!hasPatience || buffer.hasStarving()) {
        for (const reader of buffer.laggards()) drop(reader)
        hasPatience = true
        continue
      }
      hasPatience = await waitFor(patienceMs)
    }
  }

  const isCut = async (): Promise<boolean> => {
    try {
      const bounds = await past.bounds()
      return rangesLeft().some(({ topic, partition, from }) => {
        const held = bounds.find((each) => each.topic === topic && each.partition === partition)
        return held !== undefined && from < held.low
      })
    } catch {
      // Kafka cannot be asked: it is tried again.
      return false
    }
  }

  /** A log went back meanwhile: what is read now is none of what was asked for. */
  const isOfFormerLog = (): boolean => stream.resetAt() !== resetAt

  const readOn = async (): Promise<'more' | 'there'> => {
    openNew()
    for await (const { publications, progress, bytes } of past.read(rangesLeft(), signal)) {
      if (signal.aborted || isOfFormerLog()) return 'there'
      takeIn(publications, progress, bytes)
      await budget.spend(bytes, signal)
      await room()
      if (isThere()) return 'there'
    }
    return 'more'
  }

  const run = async (): Promise<void> => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (state === 'starting') await begin()
        const before = tracker.moves()
        if (signal.aborted || isOfFormerLog() || isThere() || (await readOn()) === 'there') return
        if (tracker.moves() > before) attempt = -1
        else await clock.sleep(backoffDelay(Math.max(0, attempt), backoff), signal)
      } catch (error) {
        if (signal.aborted) return
        if (await isCut()) {
          state = 'cut'
          return
        }
        if (attempt <= 0) log.warn({ error: messageOf(error) }, 'reading back was interrupted and is tried again')
        await clock.sleep(backoffDelay(Math.max(0, attempt), backoff), signal)
      }
    }
  }

  const join = (reader: Reader): void => {
    reader.after = stream.sequence.last
    readers.add(reader)
    buffer.watch(reader)
  }

  const leave = (reader: Reader): void => {
    if (!readers.delete(reader)) return
    buffer.unwatch(reader)
    poke()
    if (readers.size === 0) life.abort()
  }

  const live = async (): Promise<void> => {
    await run()
    if (state !== 'cut') state = 'done'
    for (const reader of readers) reader.wake()
    // They have what is left at their own speed, but not for ever.
    while (readers.size > 0 && (await waitFor(patienceMs)));
    for (const reader of readers) drop(reader)
  }
  join(first)
  void live()
    .catch((error: unknown) => log.error({ err: error }, 'reading back failed'))
    .finally(() => {
      life.abort()
      letGo()
      options.onEnd()
    })

  return {
    vector: () => (state === 'starting' && readers.size > 0 ? leastStart() : tracker.vector()),
    state: () => (isOfFormerLog() ? 'cut' : state),
    join,
    leave,
    size: () => readers.size,
    next: (reader) => buffer.next(reader),
    take(reader, { item }) {
      reader.after = item.seq
      poke()
    },
    epoch: () => tracker.epoch(),
    channel: channelOf,
    keys,
  }
}
