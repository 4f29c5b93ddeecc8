import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Clock, Logger, TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import { withAnySignal } from '../util/any-signal.ts'
import { backoffDelay } from '../util/backoff.ts'
import { chunkBatch, startOf } from './batches.ts'
import { createHandoff } from './handoff.ts'
import { each, leave, toConsumerConfig } from './members.ts'
import { toRecord } from './messages.ts'
import { partitionId } from './partition-map.ts'
import type { AssignedPartition, GroupConsumerOptions, RecordBatch, RecordConsumer } from './ports.ts'
import type { ClientSettings } from './read-props.ts'
import { isFinal } from './refusals.ts'
import type { TopicWatch } from './topics.ts'

export interface GroupConsumerDeps {
  kafka(): Promise<Kafka>
  /** What TLS or SASL refused, in words. */
  explain(error: unknown): unknown
  readonly settings: ClientSettings
  readonly log: Logger
  readonly clock: Clock
  readonly topics: TopicWatch
  /** Where the group continues in partitions that it was given. */
  opened(partitions: readonly TopicPartition[]): Promise<readonly AssignedPartition[]>
}

/** Chunks that wait for the task; beyond it the group's fetching waits, and only heartbeats go on. */
const readAhead = 2

/**
 * A member of a consumer group. kafkajs pushes and we poll: each batch waits in a short queue, heartbeating, until the task has taken it.
 * When the group rebalances, what was flushed is committed on the way out; what was read and not flushed is dropped here and delivered
 * again by whoever gets the partition (kafkajs awaits no hook there, and rebalances eagerly). A member that crashes, or whose topics have
 * changed, is replaced by a fresh one; kafkajs is not let to restart by itself, since it would do so after `close` too. When the task has
 * not polled for `max.poll.interval.ms`, the member leaves without a commit, and a fresh one joins with the next poll.
 */
export function startGroupConsumer(deps: GroupConsumerDeps, options: GroupConsumerOptions): RecordConsumer {
  const { log, clock } = deps
  const fromBeginning = deps.settings.consumer['auto.offset.reset'] !== 'latest'
  const closing = new AbortController()
  const ready = createHandoff<RecordBatch>()
  /** The next offset that the task has not taken, for each partition that it was told of. */
  const positions = new Map<string, TopicPartitionOffset>()
  const paused = new Map<string, TopicPartition>()
  const longestMs = deps.settings.consumer['max.poll.interval.ms']
  /** Nudged when a poll has something to tell to who keeps the member. */
  const turn = createHandoff<never>()
  let lastPoll = clock.now()
  let isPolling = false
  let isOverdue = false
  /** The topics have changed: the next poll settles what was taken, and then a fresh member joins. */
  let moving: 'no' | 'wanted' | 'settled' = 'no'
  let member: Consumer | undefined
  let isJoined = false
  let generation = 0
  let owned: readonly TopicPartition[] = []
  let joined: readonly TopicPartition[] | undefined
  let failure: unknown
  let unreachable = false

  const upstream = (reachable: boolean) => {
    if (unreachable !== reachable) return
    unreachable = !reachable
    options.onUpstream({ reachable, since: clock.now() })
  }

  /** Keeps a member in the group, on the topics that exist, until `close`. */
  async function run(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; ) {
      try {
        while (isOverdue && !closing.signal.aborted) await turn.filled(longestMs, closing.signal)
        const topics = await deps.topics.look()
        if (topics.length > 0) {
          await liveOnce(topics, () => {
            attempt = 0
          })
        } else await clock.sleep(deps.topics.interval(), closing.signal)
      } catch (error) {
        if (closing.signal.aborted) return
        if (isFinal(error)) throw error
        if (attempt > 0) upstream(false)
        log.warn({ error, group: options.groupId }, 'the member of the group ended and is replaced')
        await clock.sleep(backoffDelay(attempt++, { initialMs: 100, maxMs: 5000, jitter: 0.5 }), closing.signal)
      }
    }
  }

  /** One member, from joining until the topics change or polls fail to come (resolves), or it crashes (rejects). */
  async function liveOnce(topics: readonly string[], onJoined: () => void): Promise<void> {
    const consumer = (await deps.kafka()).consumer(toConsumerConfig(options.groupId, deps.settings))
    const ended = new AbortController()
    let crash: unknown
    moving = 'no'
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      generation++
      isJoined = true
      ready.drop(() => true)
      joined = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      )
      each([...paused.values()], (chosen) => consumer.pause(chosen))
      onJoined()
      upstream(true)
      ready.nudge()
    })
    consumer.on(consumer.events.REBALANCING, () => {
      commit(options.committable()).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'the commit before a rebalance failed; records are delivered again')
      })
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      crash = payload.error
      ended.abort()
    })
    member = consumer
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: handOver })
      await withAnySignal([ended.signal, closing.signal], (life) => keepUntilItMoves(topics, life))
    } finally {
      isJoined = false
      await leave(consumer, () => ready.drop(() => true))
    }
    if (crash !== undefined) throw crash
  }

  async function keepUntilItMoves(topics: readonly string[], life: AbortSignal): Promise<void> {
    let nextLook = clock.now() + deps.topics.interval()
    while (!life.aborted && moving !== 'settled') {
      const nextTurn = moving === 'no' ? Math.min(nextLook, lastPoll + longestMs) : lastPoll + longestMs
      await turn.filled(Math.max(isPolling ? 100 : 0, nextTurn - clock.now()), life)
      if (life.aborted) return
      if (!isPolling && clock.now() - lastPoll >= longestMs) {
        isOverdue = true
        log.warn(
          { group: options.groupId, ms: longestMs },
          'no poll for max.poll.interval.ms: the member leaves the group',
        )
        return
      }
      if (moving !== 'no' || clock.now() < nextLook) continue
      nextLook = clock.now() + deps.topics.interval()
      if (await haveChanged(topics)) {
        moving = 'wanted'
        ready.nudge()
      }
    }
  }

  /** Within a poll nothing is with the task: what it took so far is committed before the member goes. */
  async function settle(): Promise<void> {
    try {
      await (options.leaving?.() ?? commit(options.committable()))
    } catch (error) {
      log.warn({ error }, 'the commit before a change of topics failed; records are delivered again')
    }
    ready.drop(() => true)
    moving = 'settled'
    turn.nudge()
  }

  async function haveChanged(topics: readonly string[]): Promise<boolean> {
    try {
      return (await deps.topics.look()).join() !== topics.join()
    } catch (error) {
      log.debug({ error }, 'which topics exist could not be asked')
      return false
    }
  }

  async function handOver({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const mine = generation
    const { topic, partition } = batch
    const records = batch.messages.map((message) => toRecord(topic, partition, message))
    const [nextOffset, highWatermark] = [BigInt(batch.lastOffset()) + 1n, BigInt(batch.highWatermark)]
    const whole = { topic, partition, records, nextOffset, highWatermark }
    for (const chunk of chunkBatch(whole, options.maxPollRecords)) {
      while (ready.size >= readAhead) {
        await ready.drained(readAhead, 1000)
        await heartbeat()
      }
      if (mine !== generation || moving === 'settled' || !isRunning() || isStale()) return
      ready.push(chunk)
      resolveOffset(String(chunk.nextOffset - 1n))
    }
    await heartbeat()
  }

  async function commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return
    if (!member || !isJoined) throw new ConnectError(`Group ${options.groupId} is not joined at this moment.`)
    await member.commitOffsets(
      offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
    )
  }

  /** While the member is not joined there is nothing to move: it begins at what is committed. */
  function goTo({ topic, partition, offset }: TopicPartitionOffset): void {
    ready.drop((batch) => partitionId(batch) === partitionId({ topic, partition }))
    if (isJoined) member?.seek({ topic, partition, offset: String(offset) })
  }

  const running = run().catch((error: unknown) => {
    failure = deps.explain(error)
    ready.nudge()
  })

  const failed = (cause: unknown): ConnectError =>
    new ConnectError(`Reading as group ${options.groupId} failed: ${messageOf(cause)}`, { cause })

  async function takeOver(next: readonly TopicPartition[]): ReturnType<RecordConsumer['poll']> {
    try {
      const assigned = await deps.opened(next)
      const revoked = owned
      owned = next
      const isStill = joined === next
      if (isStill) joined = undefined
      positions.clear()
      for (const { topic, partition, offset } of assigned) {
        positions.set(partitionId({ topic, partition }), { topic, partition, offset })
        // kafkajs asked for the end of the log at another moment.
        if (isStill && !fromBeginning) goTo({ topic, partition, offset })
      }
      return { revoked, assigned, batches: [] }
    } catch (error) {
      if (isFinal(error)) throw failed((failure = error))
      log.warn({ error }, 'the offsets of the group could not be read and are asked for again')
      await clock.sleep(500, closing.signal)
      return { revoked: [], assigned: [], batches: [] }
    }
  }

  const isBack = (batch: RecordBatch): boolean => startOf(batch) < (positions.get(partitionId(batch))?.offset ?? 0n)

  const poll: RecordConsumer['poll'] = async (maxWaitMs, signal) => {
    if (joined === undefined && failure === undefined && moving !== 'wanted') await ready.filled(maxWaitMs, signal)
    if (failure !== undefined) throw failed(failure)
    if (moving === 'wanted') await settle()
    if (joined !== undefined) return takeOver(joined)
    let room = options.maxPollRecords
    const batches = ready.take((batch) => (room -= batch.records.length) >= 0 && !isBack(batch))
    // The log was made anew: its partition is opened again, so that it counts from there.
    const assigned = batches
      .slice(0, 1)
      .filter(isBack)
      .map((batch) => ({ topic: batch.topic, partition: batch.partition, offset: startOf(batch) }))
    for (const partition of assigned)
      log.error(partition, 'the log of the partition was made anew, and is read from there')
    for (const { topic, partition, nextOffset: offset } of batches) {
      positions.set(partitionId({ topic, partition }), { topic, partition, offset })
    }
    return { revoked: [], assigned, batches }
  }

  return {
    async poll(maxWaitMs, signal) {
      isPolling = true
      isOverdue = false
      turn.nudge()
      try {
        return await poll(maxWaitMs, signal)
      } finally {
        isPolling = false
        lastPoll = clock.now()
      }
    },
    pause(partitions) {
      for (const partition of partitions) {
        paused.set(partitionId(partition), partition)
        const position = positions.get(partitionId(partition))
        if (position) goTo(position)
      }
      if (isJoined) each(partitions, (topics) => member?.pause(topics))
    },
    resume(partitions) {
      for (const partition of partitions) paused.delete(partitionId(partition))
      if (isJoined) each(partitions, (topics) => member?.resume(topics))
    },
    seek(offsets) {
      for (const offset of offsets) {
        positions.set(partitionId(offset), offset)
        goTo(offset)
      }
    },
    commit,
    changed() {
      // Who asks is alive, as Kafka Connect's task is that polls with all paused while it tries a put again.
      if (!isOverdue) lastPoll = clock.now()
      return joined !== undefined || isOverdue
    },
    caughtUp: () => ready.size === 0 && owned.length > 0,
    async close() {
      closing.abort()
      ready.drop(() => true)
      await running
    },
  }
}
