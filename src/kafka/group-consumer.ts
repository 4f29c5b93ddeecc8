import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs'
import type { Clock, Logger, TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { chunkBatch } from './batches.ts'
import { createHandoff } from './handoff.ts'
import { toRecord } from './messages.ts'
import { groupBy, partitionId } from './partition-map.ts'
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
 * changed, is replaced by a fresh one; kafkajs is not let to restart by itself, since it would do so after `close` too.
 */
export function startGroupConsumer(deps: GroupConsumerDeps, options: GroupConsumerOptions): RecordConsumer {
  const { log, clock } = deps
  const fromBeginning = deps.settings.consumer['auto.offset.reset'] !== 'latest'
  const closing = new AbortController()
  const ready = createHandoff<RecordBatch>()
  /** The next offset that the task has not taken, for each partition that it was told of. */
  const positions = new Map<string, TopicPartitionOffset>()
  const paused = new Map<string, TopicPartition>()
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

  /** One member, from joining until the topics change (resolves) or it crashes (rejects). */
  async function liveOnce(topics: readonly string[], onJoined: () => void): Promise<void> {
    const consumer = (await deps.kafka()).consumer(toConsumerConfig(options.groupId, deps.settings))
    const ended = new AbortController()
    let crash: unknown
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
    const life = AbortSignal.any([ended.signal, closing.signal])
    member = consumer
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning })
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: handOver })
      while (!life.aborted) {
        await clock.sleep(deps.topics.interval(), life)
        if (!life.aborted && (await haveChanged(topics))) break
      }
    } finally {
      isJoined = false
      await leave(consumer, () => ready.drop(() => true))
    }
    if (crash !== undefined) throw crash
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
      if (mine !== generation || !isRunning() || isStale()) return
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
      if (joined === next) joined = undefined
      positions.clear()
      for (const { topic, partition, offset } of assigned) {
        positions.set(partitionId({ topic, partition }), { topic, partition, offset })
      }
      return { revoked, assigned, batches: [] }
    } catch (error) {
      if (isFinal(error)) throw failed((failure = error))
      log.warn({ error }, 'the offsets of the group could not be read and are asked for again')
      await clock.sleep(500, closing.signal)
      return { revoked: [], assigned: [], batches: [] }
    }
  }

  return {
    async poll(maxWaitMs, signal) {
      if (joined === undefined && failure === undefined) await ready.filled(maxWaitMs, signal)
      if (failure !== undefined) throw failed(failure)
      if (joined !== undefined) return takeOver(joined)
      let room = options.maxPollRecords
      const batches = ready.take((batch) => (room -= batch.records.length) >= 0)
      for (const { topic, partition, nextOffset: offset } of batches) {
        positions.set(partitionId({ topic, partition }), { topic, partition, offset })
      }
      return { revoked: [], assigned: [], batches }
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
      for (const offset of offsets) goTo(offset)
    },
    commit,
    changed: () => joined !== undefined,
    caughtUp: () => ready.size === 0 && owned.length > 0,
    async close() {
      closing.abort()
      ready.drop(() => true)
      await running
    },
  }
}

function toConsumerConfig(groupId: string, { consumer, connection }: ClientSettings): ConsumerConfig {
  return {
    groupId,
    allowAutoTopicCreation: false,
    // A rejoin waits for the fetch that is under way.
    maxWaitTimeInMs: consumer['fetch.max.wait.ms'],
    minBytes: consumer['fetch.min.bytes'],
    maxBytes: consumer['fetch.max.bytes'],
    maxBytesPerPartition: consumer['max.partition.fetch.bytes'],
    readUncommitted: consumer['isolation.level'] === 'read_uncommitted',
    sessionTimeout: consumer['session.timeout.ms'],
    heartbeatInterval: consumer['heartbeat.interval.ms'],
    rebalanceTimeout: consumer['max.poll.interval.ms'],
    rackId: consumer['client.rack'],
    ...(connection['metadata.max.age.ms'] !== null && { metadataMaxAge: connection['metadata.max.age.ms'] }),
    retry: {
      retries: 5,
      initialRetryTime: connection['retry.backoff.ms'],
      maxRetryTime: Math.max(5000, connection['retry.backoff.max.ms']),
      restartOnFailure: async () => false,
    },
  }
}

function each(
  partitions: readonly TopicPartition[],
  apply: (topics: { topic: string; partitions: number[] }[]) => void,
): void {
  const topics = groupBy(partitions, ({ topic }) => topic)
  apply([...topics].map(([topic, group]) => ({ topic, partitions: group.map(({ partition }) => partition) })))
}

/** kafkajs ends its loop between two batches: the queue is emptied until it has. */
async function leave(consumer: Consumer, empty: () => void): Promise<void> {
  const draining = setInterval(empty, 20)
  try {
    empty()
    await consumer.disconnect()
  } finally {
    clearInterval(draining)
  }
}
