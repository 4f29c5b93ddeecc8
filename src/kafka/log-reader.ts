import type { Clock, Logger, TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import { chunkBatch, startOf } from './batches.ts'
import { createHandoff } from './handoff.ts'
import { type Cluster, cutOff } from './internals.ts'
import { createKnownIds } from './known-ids.ts'
import {
  type FetchLimits,
  fetchPartitions,
  isOffsetOutOfRange,
  isUnknownTopic,
  nextOffsetOf,
  type ReadPosition,
} from './log-fetch.ts'
import { toRecord, visibleMessages } from './messages.ts'
import { partitionId } from './partition-map.ts'
import type { AssignedPartition, ConsumerOptions, PartitionBounds, RecordBatch, RecordConsumer } from './ports.ts'
import type { ClientSettings } from './read-props.ts'
import { isFinal } from './refusals.ts'
import type { TopicIds } from './topic-ids.ts'
import type { TopicWatch } from './topics.ts'

/** Where reading of a partition begins, and where its log ends at that moment. */
export interface StartPoint extends AssignedPartition {
  readonly end: bigint
}

export interface LogReaderDeps {
  /** Makes connections of the reader's own; it closes them. */
  newCluster(): Promise<Cluster>
  /** What TLS or SASL refused, in words. */
  explain(error: unknown): unknown
  readonly settings: ClientSettings['consumer']
  readonly log: Logger
  readonly clock: Clock
  readonly topics: TopicWatch
  /** Of the topics that exist when reading begins. */
  readonly starts: readonly StartPoint[]
  bounds(topics: readonly string[]): Promise<readonly PartitionBounds[]>
  topicIds(topics: readonly string[]): Promise<TopicIds>
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
}

interface Cursor extends ReadPosition {
  /** The log's end when reading began. */
  readonly end: bigint
  paused: boolean
}

export interface LogReader extends RecordConsumer {
  /** There are partitions that it does not know: it looks before it reads on. */
  lookSoon(): void
}

/** How long to wait where there is nothing to read. */
const idleMs = 500
/** Chunks that are read ahead of the task. */
const readAhead = 4

/**
 * Reads all partitions of some topics without a group: nothing rebalances and nobody else's reading is touched. Topics and partitions that come
 * later are read from their beginning. No offset is ever reset in silence: when the log no longer holds what comes next, or the topic was made
 * anew, that is an error in the log and the partition is opened anew.
 */
export function startLogReader(deps: LogReaderDeps, options: ConsumerOptions): LogReader {
  const { log, clock, settings } = deps
  const limits: FetchLimits = {
    isReadCommitted: settings['isolation.level'] === 'read_committed',
    // With 0 an answer without records comes at once, again and again.
    minBytes: Math.max(1, settings['fetch.min.bytes']),
    maxBytes: settings['fetch.max.bytes'],
    partitionBytes: settings['max.partition.fetch.bytes'],
    maxWaitMs: settings['fetch.max.wait.ms'],
  }
  const closing = new AbortController()
  const ready = createHandoff<RecordBatch>()
  const cursors = new Map<string, Cursor>(
    deps.starts.map((start) => [partitionId(start), { ...start, position: start.offset, paused: false }]),
  )
  const ids = createKnownIds(deps.starts)
  /** A topic may have been made anew unnoticed. */
  let isUnsure = false
  let cluster: Cluster | undefined
  let opened: readonly AssignedPartition[] = deps.starts
  let nextLook = clock.now() + deps.topics.interval()
  let failure: unknown
  let unreachableSince: number | undefined

  async function run(): Promise<void> {
    let attempt = 0
    while (!closing.signal.aborted) {
      try {
        if (isUnsure) await makeSure()
        if (clock.now() >= nextLook) await discover()
        cluster ??= await connect()
        await ready.drained(readAhead, idleMs)
        if (ready.size < readAhead) await readOnce(cluster)
        attempt = 0
        if (unreachableSince !== undefined) options.onUpstream({ reachable: true, since: clock.now() })
        unreachableSince = undefined
      } catch (error) {
        if (closing.signal.aborted) return
        if (isFinal(error)) throw error
        await interrupted(error, attempt++)
      }
    }
  }

  async function connect(): Promise<Cluster> {
    const next = await deps.newCluster()
    try {
      await next.connect()
      const topics = topicsRead()
      if (topics.length > 0) await next.addMultipleTargetTopics(topics)
      return next
    } catch (error) {
      await next.disconnect()
      throw error
    }
  }

  /** Other topics or partitions need other metadata: the next turn connects anew. */
  async function reconnect(): Promise<void> {
    const former = cluster
    cluster = undefined
    await former?.disconnect()
  }

  async function makeSure(): Promise<void> {
    const told = await unlessAborted(deps.topicIds(topicsRead()), closing.signal)
    if (ids.changed(told).length > 0) await discover()
    isUnsure = false
  }

  /** Opens what is new, or was made anew, at its beginning, and forgets what is gone. */
  async function discover(): Promise<void> {
    const existing = await deps.topics.look()
    nextLook = clock.now() + deps.topics.interval()
    ids.keep(existing)
    const isGone = (topic: string): boolean => !existing.includes(topic)
    if (forget(isGone, 'the topic is gone; it is read from its beginning if it comes back')) await reconnect()
    // Asked before the bounds: of what is made anew in between the next look tells.
    const told = await deps.topicIds(existing)
    const anew = ids.changed(told)
    isUnsure = anew.length > 0
    const bounds = await deps.bounds(existing)
    forget((topic) => anew.includes(topic), 'the topic was made anew; it is read from its beginning')
    ids.learn(told)
    isUnsure = false
    const added = bounds.filter((each) => !cursors.has(partitionId(each)))
    for (const { topic, partition, low, high } of added) {
      cursors.set(partitionId({ topic, partition }), { topic, partition, position: low, end: high, paused: false })
    }
    open(added)
    if (added.length > 0) await reconnect()
  }

  /** Whether there was anything to forget. */
  function forget(isMeant: (topic: string) => boolean, why: string): boolean {
    const gone = [...cursors].filter(([, { topic }]) => isMeant(topic))
    for (const [id, { topic, partition }] of gone) {
      log.error({ topic, partition }, why)
      ready.drop((batch) => partitionId(batch) === id)
      cursors.delete(id)
    }
    opened = opened.filter(({ topic }) => !isMeant(topic))
    return gone.length > 0
  }

  function open(bounds: readonly PartitionBounds[]): void {
    const opening = bounds.map(({ topic, partition, low }) => ({
      topic,
      partition,
      offset: low,
      topicId: ids.of(topic),
    }))
    opened = [...opened, ...opening]
    if (bounds.length > 0) ready.nudge()
  }

  async function readOnce(from: Cluster): Promise<void> {
    const wanted = [...cursors.values()].filter((cursor) => !cursor.paused)
    if (wanted.length === 0) return clock.sleep(idleMs, closing.signal)
    const responses = await fetchPartitions(from, wanted, limits)
    const isEmpty = responses.every(({ fetched }) => fetched.messages.length === 0)
    for (const response of responses) {
      const { topic, fetched } = response
      const cursor = cursors.get(partitionId({ topic, partition: fetched.partition }))
      // A seek or a pause while the fetch was under way makes its answer void.
      if (!cursor || cursor.paused || cursor.position !== response.from) continue
      const nextOffset = nextOffsetOf(response, isEmpty)
      if (nextOffset === cursor.position) continue
      const visible = visibleMessages(fetched, response.from)
      const records = visible.map((message) => toRecord(topic, fetched.partition, message))
      cursor.position = nextOffset
      const highWatermark = BigInt(fetched.highWatermark)
      const batch = { topic, partition: fetched.partition, records, nextOffset, highWatermark }
      for (const chunk of chunkBatch(batch, options.maxPollRecords)) ready.push(chunk)
    }
  }

  async function interrupted(error: unknown, attempt: number): Promise<void> {
    const isOurs = isOffsetOutOfRange(error) || isUnknownTopic(error)
    isUnsure ||= !isOurs
    if (attempt > 0 && !isOurs) tellUnreachable(error)
    await clock.sleep(backoffDelay(attempt, { initialMs: 50, maxMs: 2000, jitter: 0.5 }), closing.signal)
    try {
      if (isUnknownTopic(error)) await discover()
      else if (isOffsetOutOfRange(error)) await reopen()
      else await cluster?.refreshMetadata()
    } catch (again) {
      log.debug({ error: String(again) }, 'the cluster does not answer yet')
      if (!closing.signal.aborted) tellUnreachable(again)
    }
  }

  function tellUnreachable(error: unknown): void {
    if (unreachableSince !== undefined) return
    unreachableSince = clock.now()
    log.warn({ error: String(error) }, 'reading was interrupted and is tried again')
    options.onUpstream({ reachable: false, since: unreachableSince })
  }

  async function reopen(): Promise<void> {
    await makeSure()
    const lost = (await deps.bounds(topicsRead())).filter((each) => {
      const position = cursors.get(partitionId(each))?.position
      return position !== undefined && (position < each.low || position > each.high)
    })
    for (const { topic, partition, low, high } of lost) {
      const cursor = cursors.get(partitionId({ topic, partition }))
      if (!cursor) continue
      log.error({ topic, partition, expected: cursor.position, low, high }, 'the log no longer holds what came next')
      goTo(cursor, low)
    }
    open(lost)
  }

  const topicsRead = (): readonly string[] => [...new Set([...cursors.values()].map(({ topic }) => topic))]

  const running = run().catch((error: unknown) => {
    failure = deps.explain(error)
    ready.nudge()
  })

  /** What was read ahead is dropped, and read again when its turn comes. */
  function goTo(partition: TopicPartition, offset: bigint | undefined): void {
    const dropped = ready.drop((batch) => partitionId(batch) === partitionId(partition))
    const cursor = cursors.get(partitionId(partition))
    const to = offset ?? (dropped[0] && startOf(dropped[0]))
    if (cursor && to !== undefined) cursor.position = to
  }

  return {
    async poll(maxWaitMs, signal) {
      if (opened.length === 0 && failure === undefined) await ready.filled(maxWaitMs, signal)
      if (failure !== undefined)
        throw new ConnectError(`Reading from Kafka failed: ${messageOf(failure)}`, { cause: failure })
      const assigned = opened
      opened = []
      let room = options.maxPollRecords
      return { revoked: [], assigned, batches: ready.take((batch) => (room -= batch.records.length) >= 0) }
    },
    pause(partitions) {
      for (const partition of partitions) {
        const cursor = cursors.get(partitionId(partition))
        if (cursor) cursor.paused = true
        goTo(partition, undefined)
      }
    },
    resume(partitions) {
      for (const partition of partitions) {
        const cursor = cursors.get(partitionId(partition))
        if (cursor) cursor.paused = false
      }
    },
    seek(offsets) {
      for (const each of offsets) goTo(each, each.offset)
    },
    commit: deps.commit,
    lookSoon() {
      nextLook = clock.now()
    },
    // Nothing is ever taken away from who reads alone.
    changed: () => false,
    caughtUp: () =>
      ready.size === 0 && opened.length === 0 && [...cursors.values()].every(({ position, end }) => position >= end),
    async close() {
      closing.abort()
      ready.drop(() => true)
      // A long poll need not end first.
      if (cluster) cutOff(cluster, new ConnectError('The reader is closed.'))
      await cluster?.disconnect()
      await running
      // One that was connecting meanwhile.
      await cluster?.disconnect()
    },
  }
}
