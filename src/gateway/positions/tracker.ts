import type { OpenPartition, Progress, RecordOrigin, TopicPartition } from '#api'
import { ConnectError } from '#api'
import { cursorComponent, cursorPath, encodeCursor } from './cursor.ts'
import type { Epoch, Epochs } from './epoch.ts'
import { shortId, withLost } from './topic-id.ts'
import { noPaths, type Vector } from './vector.ts'

/** A cursor longer than this asks for a new epoch, once the present one is a second old. */
const longCursor = 96
const longestCursor = 1024

/** Where a stream stands, and the cursors that say so. Offsets are numbers here: Kafka's stay far below 2^53. */
export interface Tracker {
  /** Never called in the middle of a record. After a jump back all positions need a new epoch. */
  open(partitions: readonly OpenPartition[]): readonly Opened[]
  /** Takes up a record; false when it is behind already. */
  begin(origin: RecordOrigin, now: number): boolean
  /** The record taken up last. */
  readonly index: number
  readonly offset: number
  /** The cursor after a part of that record. */
  cursor(path: readonly number[]): string
  /** The record taken up last is done with. */
  finish(): void
  advance(progress: readonly Progress[]): void
  /** Between records: the position of now. */
  position(now: number): { readonly epoch: Epoch; readonly cursor: string }
  renew(now: number): void
  epoch(): Epoch
  vector(): Vector
  /** Grows whenever the vector does. */
  moves(): number
  indexOf(partition: TopicPartition): number | undefined
  partitions(): readonly TopicPartition[]
  /** As epochs tell them. */
  topicIds(): ReadonlyMap<string, string>
}

export interface Opened {
  readonly index: number
  readonly offset: number
  readonly timestampBefore: number | undefined
  /**
   * Reading goes on elsewhere than where it ended. `ahead`: records between were passed over; `back`: the log was cut off or
   * the topic was made anew, so that offsets say something else than before.
   */
  readonly jump: 'ahead' | 'back' | undefined
}

/** `asOf` (ms): the state that its positions are of is as old as that, however new they are. */
export function createTracker(epochs: Epochs, epochMs: number, now: number, asOf?: number): Tracker {
  let partitions: TopicPartition[] = []
  let topicIds: ReadonlyMap<string, string> = new Map()
  const next: number[] = []
  /** The time of the last record that is known, and its offset: others that cannot be seen may have followed. */
  const before: (number | undefined)[] = []
  const beforeAt: number[] = []
  const indexes = new Map<string, number[]>()
  let epoch = epochs.issue({
    partitions,
    topicIds,
    start: [],
    before: [],
    between: [],
    issuedAt: now,
    asOf: asOf ?? now,
  })
  let moves = 0
  let length = 0
  // The record taken up last.
  let [index, offset, timestamp] = [-1, -1, 0]
  let state: 'none' | 'taken' | 'behind' = 'none'
  let head = ''
  let delta = 0
  /** The other partitions' part of the cursor, and for which partition it was made; -1: to be made again. */
  let tail = ''
  let tailOf = -1

  const indexOf = ({ topic, partition }: TopicPartition): number | undefined => indexes.get(topic)?.[partition]
  const known = (at: TopicPartition): number => {
    const found = indexOf(at)
    if (found === undefined)
      throw new ConnectError(`A record of ${at.topic}-${at.partition} was published before the partition was opened.`)
    return found
  }
  const renew = (at: number): void => {
    epoch = epochs.issue({
      partitions,
      topicIds,
      start: [...next],
      before: [...before],
      between: next.map((end, each) => end - 1 - (beforeAt[each] ?? end - 1)),
      issuedAt: at,
      asOf: Math.min(at, asOf ?? at),
    })
    length = 0
    tailOf = -1
  }
  const renewIfDue = (at: number): void => {
    const age = at - epoch.issuedAt
    const isLong = length > longestCursor || (length > longCursor && age >= 1000)
    if (age >= epochMs || isLong || epoch.partitions.length < partitions.length) renew(at)
  }
  const makeTail = (): void => {
    tail = ''
    tailOf = index
    for (const [other, start] of epoch.start.entries()) {
      const moved = (next[other] ?? 0) - start
      if (other !== index && moved > 0) tail += `_${cursorComponent(other, moved)}`
    }
  }
  const finish = (): void => {
    if (state === 'taken') {
      next[index] = offset + 1
      before[index] = timestamp
      beforeAt[index] = offset
      moves++
    }
    state = 'none'
  }
  const vector = (): Vector => ({ next: [...next], paths: noPaths })

  return {
    open(opened) {
      const opening = withLost(opened, partitions, (topic) => topicIds.get(topic))
      const sorted = opening.toSorted((a, b) =>
        a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
      )
      tailOf = -1
      // A new list, as below: the epochs issued so far keep theirs.
      const ids = new Map(topicIds)
      for (const { topic, topicId } of opened) if (topicId !== undefined) ids.set(topic, shortId(topicId))
      topicIds = ids
      return sorted.map((at) => {
        const start = Number(at.offset)
        const { timestampBefore, isAnew } = at
        const found = indexOf(at)
        if (found !== undefined) {
          const end = next[found] ?? 0
          const isBack = isAnew || start < end
          // It may be another topic by now.
          if (isBack && at.topicId === undefined) ids.delete(at.topic)
          if (start === end && !isAnew) return { index: found, offset: start, timestampBefore, jump: undefined }
          next[found] = start
          before[found] = timestampBefore
          beforeAt[found] = start - 1
          moves++
          return { index: found, offset: start, timestampBefore, jump: isBack ? 'back' : 'ahead' }
        }
        const fresh = partitions.length
        // A new list: the epochs issued so far keep theirs.
        partitions = [...partitions, { topic: at.topic, partition: at.partition }]
        next.push(start)
        before.push(timestampBefore)
        beforeAt.push(start - 1)
        const ofTopic = indexes.get(at.topic) ?? []
        ofTopic[at.partition] = fresh
        indexes.set(at.topic, ofTopic)
        return { index: fresh, offset: start, timestampBefore, jump: undefined }
      })
    },
    begin(origin, at) {
      const record = known(origin)
      const position = Number(origin.offset)
      if (state !== 'none' && record === index && position === offset) return state === 'taken'
      finish()
      index = record
      offset = position
      timestamp = origin.timestamp
      state = offset < (next[index] ?? 0) ? 'behind' : 'taken'
      if (state === 'behind') return false
      renewIfDue(at)
      if (tailOf !== index) makeTail()
      if (tail.length > longestCursor) {
        renew(at)
        makeTail()
      }
      head = `.${index.toString(36)}-`
      delta = offset - (epoch.start[index] ?? 0)
      return true
    },
    get index() {
      return index
    },
    get offset() {
      return offset
    },
    cursor(path) {
      const own = path.length === 0 ? (delta + 1).toString(36) : delta.toString(36) + cursorPath(path)
      const cursor = head + own + tail
      length = cursor.length
      return cursor
    },
    finish,
    advance(progress) {
      for (const at of progress) {
        const moved = known(at)
        const position = Number(at.offset)
        if (position <= (next[moved] ?? 0)) continue
        next[moved] = position
        moves++
        tailOf = -1
      }
    },
    position(at) {
      renewIfDue(at)
      const cursor = encodeCursor(epoch.start, vector())
      if (cursor.length <= longestCursor) return { epoch, cursor }
      // With very many partitions a cursor would outgrow what is read.
      renew(at)
      return { epoch, cursor: '.' }
    },
    renew,
    epoch: () => epoch,
    vector,
    moves: () => moves,
    indexOf,
    partitions: () => partitions,
    topicIds: () => topicIds,
  }
}
