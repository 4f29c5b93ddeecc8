import type { Clock, Logger, TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { chunkBatch } from './batches.ts'
import { createHandoff } from './handoff.ts'
import type { Cluster } from './internals.ts'
import { fetchPartitions, isOffsetOutOfRange, type ReadPosition } from './log-fetch.ts'
import { toRecord, visibleMessages } from './messages.ts'
import { partitionId } from './partition-map.ts'
import type { AssignedPartition, ConsumerOptions, PartitionBounds, RecordBatch, RecordConsumer } from './ports.ts'

/** Where reading of a partition begins, and where its log ends at that moment. */
export interface StartPoint extends AssignedPartition {
  readonly end: bigint
}

export interface LogReaderDeps {
  /** The reader's own connections; it closes them. */
  readonly cluster: Cluster
  readonly log: Logger
  readonly clock: Clock
  readonly starts: readonly StartPoint[]
  bounds(topics: readonly string[]): Promise<readonly PartitionBounds[]>
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
}

interface Cursor extends ReadPosition {
  /** The log's end when reading began. */
  readonly end: bigint
  paused: boolean
}

const longPollMs = 500
/** Chunks that are read ahead of the task. */
const readAhead = 4

/**
 * Reads all partitions of some topics without a group: nothing rebalances and nobody else's reading is touched. No offset is ever reset
 * in silence: when the log no longer holds what comes next, that is an error in the log and the partition is opened anew.
 */
export async function startLogReader(deps: LogReaderDeps, options: ConsumerOptions): Promise<RecordConsumer> {
  const { cluster, log, clock } = deps
  const closing = new AbortController()
  const ready = createHandoff<RecordBatch>()
  const topics = [...new Set(deps.starts.map(({ topic }) => topic))]
  const cursors = new Map<string, Cursor>(
    deps.starts.map((start) => [partitionId(start), { ...start, position: start.offset, paused: false }]),
  )
  let opened: readonly AssignedPartition[] = deps.starts
  let failure: unknown
  let unreachableSince: number | undefined

  async function run(): Promise<void> {
    let attempt = 0
    let connected = false
    while (!closing.signal.aborted) {
      try {
        if (!connected) {
          await cluster.connect()
          await cluster.addMultipleTargetTopics(topics)
          connected = true
        }
        await ready.drained(readAhead, longPollMs)
        if (ready.size < readAhead) await readOnce()
        attempt = 0
        if (unreachableSince !== undefined) options.onUpstream({ reachable: true, since: clock.now() })
        unreachableSince = undefined
      } catch (error) {
        if (closing.signal.aborted) return
        if (isOffsetOutOfRange(error)) await reopen()
        else await interrupted(error, attempt++)
      }
    }
  }

  async function readOnce(): Promise<void> {
    const wanted = [...cursors.values()].filter((cursor) => !cursor.paused)
    if (wanted.length === 0) return clock.sleep(longPollMs, closing.signal)
    const responses = await fetchPartitions(cluster, wanted, longPollMs)
    for (const { topic, fetched, from } of responses) {
      const cursor = cursors.get(partitionId({ topic, partition: fetched.partition }))
      const last = fetched.messages.at(-1)
      // A seek or a pause while the fetch was under way makes its answer void.
      if (!cursor || !last || cursor.paused || cursor.position !== from) continue
      const nextOffset = BigInt(last.offset) + 1n
      if (nextOffset <= from) continue
      const records = visibleMessages(fetched, from).map((message) => toRecord(topic, fetched.partition, message))
      cursor.position = nextOffset
      const batch = { topic, partition: fetched.partition, records, nextOffset }
      for (const chunk of chunkBatch(batch, options.maxPollRecords)) ready.push(chunk)
    }
  }

  async function interrupted(error: unknown, attempt: number): Promise<void> {
    if (unreachableSince === undefined && attempt > 0) {
      unreachableSince = clock.now()
      log.warn({ error: String(error), topics }, 'reading was interrupted and is tried again')
      options.onUpstream({ reachable: false, since: unreachableSince })
    }
    await clock.sleep(backoffDelay(attempt, { initialMs: 50, maxMs: 2000, jitter: 0.5 }), closing.signal)
    try {
      await cluster.refreshMetadata()
    } catch (again) {
      log.debug({ error: String(again) }, 'the cluster does not answer yet')
    }
  }

  async function reopen(): Promise<void> {
    const lost: AssignedPartition[] = []
    for (const { low, high, ...partition } of await deps.bounds(topics)) {
      const cursor = cursors.get(partitionId(partition))
      if (!cursor || (cursor.position >= low && cursor.position <= high)) continue
      log.error({ ...partition, expected: cursor.position, low, high }, 'the log no longer holds what came next')
      cursor.position = low
      lost.push({ ...partition, offset: low })
    }
    opened = [...opened, ...lost]
    ready.nudge()
  }

  const running = run().catch((error: unknown) => {
    failure = error
    ready.nudge()
  })
  const setPaused = (partitions: readonly TopicPartition[], paused: boolean) => {
    for (const partition of partitions) {
      const cursor = cursors.get(partitionId(partition))
      if (cursor) cursor.paused = paused
    }
  }

  return {
    async poll(maxWaitMs, signal) {
      if (opened.length === 0 && failure === undefined) await ready.filled(maxWaitMs, signal)
      if (failure !== undefined) throw new ConnectError('Reading from Kafka failed.', { cause: failure })
      const assigned = opened
      opened = []
      let room = options.maxPollRecords
      return { revoked: [], assigned, batches: ready.take((batch) => (room -= batch.records.length) > 0) }
    },
    pause: (partitions) => setPaused(partitions, true),
    resume: (partitions) => setPaused(partitions, false),
    seek(offsets) {
      for (const offset of offsets) {
        const cursor = cursors.get(partitionId(offset))
        if (cursor) cursor.position = offset.offset
        ready.drop((batch) => partitionId(batch) === partitionId(offset))
      }
    },
    commit: deps.commit,
    changed: () => opened.length > 0,
    caughtUp: () =>
      ready.size === 0 && opened.length === 0 && [...cursors.values()].every(({ position, end }) => position >= end),
    async close() {
      closing.abort()
      ready.drop(() => true)
      await cluster.disconnect()
      await running
    },
  }
}
