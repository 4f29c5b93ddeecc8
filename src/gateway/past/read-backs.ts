import type { Clock, Logger, PartitionPast, SinkPast, TopicPartitionOffset } from '#api'
import type { ResumeReason } from '../codes.ts'
import { isOtherTopic } from '../positions/topic-id.ts'
import { dominates, meet, type Vector } from '../positions/vector.ts'
import type { Stream } from '../stream.ts'
import { inTime } from './in-time.ts'
import { type ReadBack, type Reader, startReadBack } from './read-back.ts'
import type { ReadBudget } from './read-budget.ts'

/** What the gate has read back so far. */
export interface ReadBackFigures {
  /** Read-backs that were begun. */
  begun: number
  records: number
  bytes: number
}

export interface ReadBackShare {
  readonly budget: ReadBudget
  readonly figures: ReadBackFigures
}

/** The read-backs of one stream: few at once, each shared by all who can join it; the others wait. */
export interface ReadBacks {
  /** Whether what comes after a position can be read, whole. Throws when Kafka cannot be asked now. */
  judge(base: Vector, asOf: number): Promise<'readable' | ResumeReason>
  /** Where reading has to begin for who comes from a position, so that what vanished meanwhile can be told. */
  startFor(base: Vector, asOf: number): Promise<Vector>
  /** As they were a moment ago at most. */
  bounds(): Promise<readonly PartitionPast[]>
  /** As they are after the call. */
  boundsNow(): Promise<readonly PartitionPast[]>
  offsetsAt(timestamp: number): Promise<readonly TopicPartitionOffset[]>
  /** False: too many wait. `onJoined` is called when its turn has come. */
  queue(reader: Reader, onJoined: (readBack: ReadBack) => void): boolean
  /** It waits no longer. */
  forget(reader: Reader): void
  waiting(): number
  running(): number
}

export interface ReadBacksOptions extends ReadBackShare {
  readonly stream: Stream
  readonly past: SinkPast
  readonly readers: number
  readonly epochMs: number
  readonly isManifold: boolean
  readonly clock: Clock
  readonly log: Logger
}

/** Subscriptions and requests that wait for a read-back of one stream. */
const maxWaiting = 20_000
/** Who is not further away than so many records joins rather than begins another read-back. */
const near = 50_000
/** How long (ms) an answer about where the topics begin and end is good for. */
const boundsMs = 1000
/** How far (ms) the time of a record may be before that at which a worker read it. */
const readLagMs = 60_000

export function createReadBacks(options: ReadBacksOptions): ReadBacks {
  const { stream, past, clock, figures } = options
  const waiting = new Map<Reader, (readBack: ReadBack) => void>()
  const running = new Set<ReadBack>()
  const { expireMs } = stream.attachment.snapshot
  let asked: { readonly at: number; readonly answer: Promise<readonly PartitionPast[]> } | undefined
  let isDue = false

  const bounds = (): Promise<readonly PartitionPast[]> => {
    const now = clock.now()
    if (asked && asked.at + boundsMs > now) return asked.answer
    const answer = inTime(clock, past.bounds())
    asked = { at: now, answer }
    answer.catch(() => {
      if (asked?.answer === answer) asked = undefined
    })
    return answer
  }

  let following: Promise<readonly PartitionPast[]> | undefined
  /** What is on its way may have been asked too early: the next answer is for all who came meanwhile. */
  const boundsNow = (): Promise<readonly PartitionPast[]> => {
    const askAnew = (): Promise<readonly PartitionPast[]> => {
      following = undefined
      asked = undefined
      return bounds()
    }
    following ??= (asked?.answer ?? Promise.resolve()).then(askAnew, askAnew)
    return following
  }

  const startFor = async (base: Vector, asOf: number): Promise<Vector> => {
    if (expireMs === 0) return base
    const since = await inTime(clock, past.offsetsAt(asOf - expireMs - readLagMs))
    const held = await bounds()
    const next = stream.tracker.partitions().map(({ topic, partition }, index) => {
      const at = base.next[index] ?? 0
      const isSame = (each: { readonly topic: string; readonly partition: number }): boolean =>
        each.topic === topic && each.partition === partition
      const [from, low] = [since.find(isSame)?.offset, held.find(isSame)?.low]
      return Math.min(at, Math.max(Number(from ?? at), Number(low ?? 0)))
    })
    return meet(base, { next, paths: new Map() })
  }

  const judge = async (base: Vector, asOf: number): Promise<'readable' | ResumeReason> => {
    const held = await bounds()
    const start = await startFor(base, asOf)
    // What vanished is found out by what is left.
    if (expireMs > 0 && !stream.snapshot.isComplete(clock.now())) return 'window_passed'
    const { next: ends } = stream.tracker.vector()
    for (const [index, { topic, partition }] of stream.tracker.partitions().entries()) {
      const [from, to] = [base.next[index] ?? 0, ends[index] ?? 0]
      const own = held.find((each) => each.topic === topic && each.partition === partition)
      // This worker has not heard of it yet.
      if (isOtherTopic(own?.topicId, stream.tracker.topicIds().get(topic))) return 'topic_changed'
      if (from >= to && (start.next[index] ?? 0) >= to) continue
      if (!own || from < own.low) return 'retention_passed'
      if (own.isCompacted) return 'compacted'
      // What an entry was that has vanished since may have been deleted.
      const isFirst = own.low > 0n && BigInt(start.next[index] ?? 0) <= own.low && from > own.low
      if (expireMs > 0 && isFirst) return 'retention_passed'
    }
    return 'readable'
  }

  const distance = (from: Vector, to: Vector): number =>
    to.next.reduce((sum, at, index) => sum + Math.abs(at - (from.next[index] ?? 0)), 0)

  const tell = (reader: Reader, readBack: ReadBack): void => {
    const onJoined = waiting.get(reader)
    waiting.delete(reader)
    onJoined?.(readBack)
  }

  /** One that is on its way to the reader's place, the nearest first. */
  const findFor = ({ start }: Reader, hasRoom: boolean): ReadBack | undefined => {
    let best: { readonly readBack: ReadBack; readonly far: number } | undefined
    for (const readBack of running) {
      const state = readBack.state()
      if (readBack.size() === 0 || (state !== 'starting' && state !== 'reading')) continue
      const at = readBack.vector()
      const far = distance(at, start)
      const isOnTheWay = dominates(start, at)
      if (state === 'starting' ? !isOnTheWay && far > near : !isOnTheWay) continue
      if (hasRoom && far > near) continue
      if (!best || far < best.far) best = { readBack, far }
    }
    return best?.readBack
  }

  const assign = (): void => {
    isDue = false
    for (const reader of waiting.keys()) {
      const hasRoom = running.size < options.readers
      const found = findFor(reader, hasRoom)
      if (found) found.join(reader)
      const readBack = found ?? (hasRoom ? begin(reader) : undefined)
      if (readBack) tell(reader, readBack)
    }
  }

  const begin = (first: Reader): ReadBack => {
    figures.begun++
    const counted = {
      ...options,
      onRead(records: number, bytes: number) {
        figures.records += records
        figures.bytes += bytes
      },
      onEnd() {
        running.delete(readBack)
        schedule()
      },
    }
    const readBack = startReadBack(counted, first)
    running.add(readBack)
    return readBack
  }

  /** Those who come together are looked at together. */
  const schedule = (): void => {
    if (isDue || waiting.size === 0) return
    isDue = true
    setImmediate(assign)
  }

  return {
    judge,
    startFor,
    bounds,
    boundsNow,
    offsetsAt: (timestamp) => inTime(clock, past.offsetsAt(timestamp)),
    queue(reader, onJoined) {
      if (waiting.size >= maxWaiting) return false
      waiting.set(reader, onJoined)
      schedule()
      return true
    },
    forget: (reader) => void waiting.delete(reader),
    waiting: () => waiting.size,
    running: () => running.size,
  }
}
