import type { OpenPartition, Progress, Publication, RecordOrigin, SinkAttachment, TopicPartition } from '#api'
import { createFifo, type Fifo, fifoFirst, fifoShift } from '../fifo.ts'
import { isOtherTopic, withLost } from '../positions/topic-id.ts'
import { createUnreadPast } from '../positions/unread-past.ts'
import type { Batch } from './batch-codec.ts'
import type { GateState } from './messages.ts'
import { createSeeds } from './seeds.ts'

/**
 * What a sink published, kept for gates that come (again): the recent batches, and of each key the last message that is no longer among
 * them. With both a gate has the window and the snapshot that it would have had from the start.
 */
export interface Relay {
  /** Changes when a log went back: what a gate has of before is of no use. */
  stamp(): string
  open(partitions: readonly OpenPartition[], now: number): void
  add(batch: Batch, now: number): LogEntry
  /** What lies before the floor, of a relay that is fed by another. */
  remember(publications: readonly Publication[], vanishedAt: number): void
  /** The warm-up is over. */
  ready(now: number): void
  /** Where the log begins, in each partition. */
  floor(): readonly OpenPartition[]
  /** How far the partition was read; undefined: it is none of these. */
  reached(at: TopicPartition): bigint | undefined
  /** When (ms) something vanished last that the seeds cannot tell; undefined: nothing was evicted, so reading from the floor tells. */
  vanishedAt(): number | undefined
  seeds(): Iterable<Publication>
  /** Whether all that a gate has missed is here. */
  covers(state: GateState): boolean
  /** The oldest entry after that number; undefined: none yet. `lost`: it was evicted. */
  after(seq: number): LogEntry | undefined | 'lost'
  /** The number of the newest entry. */
  last(): number
  /** The number before the oldest. */
  start(): number
}

export interface LogEntry extends Batch {
  readonly seq: number
  readonly at: number
  readonly bytes: number
}

/** What one publication costs beside its texts, and an entry beside its publications. */
const [overhead, entryOverhead] = [200, 160]

interface Place {
  readonly topic: string
  readonly partition: number
  /** Where the log begins. */
  floor: bigint
  floorTimestamp: number | undefined
  next: bigint
  topicId: string | undefined
  readonly index: number
}

export function createRelay({ window, snapshot }: Pick<SinkAttachment, 'window' | 'snapshot'>, id: string): Relay {
  const log: Fifo<LogEntry> = createFifo()
  const seeds = createSeeds(snapshot)
  const unreadPast = createUnreadPast(snapshot.expireMs)
  const places: Place[] = []
  const byTopic = new Map<string, Place[]>()
  let generation = 0
  let seq = 0
  let bytes = 0
  let evictedAt: number | undefined
  /** As `vanishedAt` of the relay or worker before. */
  let rememberedAt = 0

  const placeOf = ({ topic, partition }: TopicPartition): Place | undefined => byTopic.get(topic)?.[partition]
  const idOf = (topic: string): string | undefined =>
    places.find((place) => place.topic === topic && place.topicId !== undefined)?.topicId
  const dropFirst = (): void => {
    const entry = fifoShift(log)
    if (!entry) return
    bytes -= entry.bytes
    evictedAt = entry.at
    seeds.put(entry.publications)
    eachPassed(entry, (at, offset) => {
      const place = placeOf(at)
      if (!place || offset <= place.floor) return
      place.floor = offset
      place.floorTimestamp = at.timestamp
    })
  }
  const evict = (now: number): void => {
    for (let first = fifoFirst(log); first; first = fifoFirst(log)) {
      if (bytes <= window.maxBytes && first.at >= now - window.maxAgeMs) break
      dropFirst()
    }
    const at = fifoFirst(log)?.at ?? now
    if (seeds.expire(at)) evictedAt = Math.max(at, evictedAt ?? 0)
  }

  return {
    stamp: () => `${id}.${generation}`,
    open(partitions, now) {
      const opening = withLost(partitions, places, idOf)
      const known = opening.map((at) => ({ at, place: placeOf(at) }))
      const jumped = known.filter(({ at, place }) => place && (at.isAnew || place.next !== at.offset))
      const back = jumped.filter(({ at, place }) => place && (at.isAnew || at.offset < place.next))
      if (jumped.length > 0) while (fifoFirst(log)) dropFirst()
      if (back.length > 0) {
        generation++
        seeds.forget(back.map(({ at }) => at))
      }
      for (const { at, place } of known) {
        const { topic, partition, offset, timestampBefore, topicId } = at
        if (place) {
          place.topicId = topicId ?? (offset < place.next ? undefined : place.topicId)
          if (place.next === offset && !at.isAnew) continue
          place.floor = offset
          place.floorTimestamp = timestampBefore
          place.next = offset
          continue
        }
        const fresh = {
          topic,
          partition,
          floor: offset,
          floorTimestamp: timestampBefore,
          next: offset,
          topicId,
          index: places.length,
        }
        unreadPast.begins(fresh.index, Number(offset), timestampBefore)
        places.push(fresh)
        const ofTopic = byTopic.get(topic) ?? []
        ofTopic[partition] = fresh
        byTopic.set(topic, ofTopic)
      }
      if (jumped.length > 0) evictedAt = now
    },
    add(batch, now) {
      const { publications, progress } = batch
      let size = entryOverhead
      for (const { key = '', data = '' } of publications) size += overhead + 2 * (key.length + data.length)
      eachPassed(batch, (at, offset) => {
        const place = placeOf(at)
        if (!place || offset <= place.next) return
        place.next = offset
        unreadPast.read(place.index, at.timestamp)
      })
      const entry: LogEntry = { publications, progress, seq: ++seq, at: now, bytes: size }
      log.items.push(entry)
      bytes += size
      evict(now)
      return entry
    },
    remember(publications, vanishedAt) {
      seeds.put(publications)
      rememberedAt = Math.max(vanishedAt, rememberedAt)
    },
    ready: (now) => unreadPast.end(now),
    floor: () =>
      places.map(({ topic, partition, floor, floorTimestamp, topicId }) => ({
        topic,
        partition,
        offset: floor,
        timestampBefore: floorTimestamp,
        ...(topicId === undefined ? {} : { topicId }),
      })),
    vanishedAt() {
      if (rememberedAt > 0) return Math.max(rememberedAt, evictedAt ?? 0)
      return evictedAt === undefined ? undefined : Math.max(evictedAt, unreadPast.vanishedAt())
    },
    seeds: () => seeds.all(),
    reached: (at) => placeOf(at)?.next,
    covers: ({ partitions }) =>
      partitions.length <= places.length &&
      partitions.every((at) => {
        const place = placeOf(at)
        return place !== undefined && at.offset >= place.floor && !isOtherTopic(at.topicId, place.topicId)
      }),
    after(former) {
      const first = fifoFirst(log)
      if (former >= seq) return undefined
      if (!first || first.seq > former + 1) return 'lost'
      return log.items[log.head + former + 1 - first.seq]
    },
    last: () => seq,
    start: () => (fifoFirst(log)?.seq ?? seq + 1) - 1,
  }
}

/** Where a batch leaves its partitions. */
function eachPassed(
  { publications, progress }: Batch,
  tell: (at: Progress | RecordOrigin, offset: bigint) => void,
): void {
  let former: RecordOrigin | undefined
  for (const { origin } of publications) {
    if (origin !== former) tell(origin, origin.offset + 1n)
    former = origin
  }
  for (const at of progress) tell(at, at.offset)
}
