import type { Consumer, Kafka } from 'kafkajs'
import type { Clock, Logger, TopicPartition } from '#api'
import { ConnectError } from '#api'
import { chunkBatch } from './batches.ts'
import { createHandoff } from './handoff.ts'
import { toRecord } from './messages.ts'
import { groupBy, partitionId } from './partition-map.ts'
import type { AssignedPartition, GroupConsumerOptions, RecordBatch, RecordConsumer } from './ports.ts'

export interface GroupConsumerDeps {
  readonly kafka: Kafka
  readonly log: Logger
  readonly clock: Clock
  readonly topics: readonly string[]
  /** Where the group continues in partitions that it was given. */
  opened(partitions: readonly TopicPartition[]): Promise<readonly AssignedPartition[]>
}

/** Chunks that wait for the task; beyond it the group's fetching waits, and only heartbeats go on. */
const readAhead = 2

/**
 * A member of a consumer group. kafkajs pushes and we poll: each batch waits in a short queue, heartbeating, until the task has taken it.
 * When the group rebalances, what was flushed is committed on the way out; what was read and not flushed is dropped here
 * and delivered again by whoever gets the partition (kafkajs awaits no hook there, and rebalances eagerly).
 */
export async function startGroupConsumer(
  deps: GroupConsumerDeps,
  options: GroupConsumerOptions,
): Promise<RecordConsumer> {
  const { log, clock } = deps
  const consumer = deps.kafka.consumer({
    groupId: options.groupId,
    allowAutoTopicCreation: false,
    // A rejoin waits for the fetch that is under way.
    maxWaitTimeInMs: 500,
    sessionTimeout: 45_000,
    heartbeatInterval: 3000,
    retry: { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 100, maxRetryTime: 5000 },
  })
  const ready = createHandoff<RecordBatch>()
  let owned: readonly TopicPartition[] = []
  let joined: readonly TopicPartition[] | undefined
  let failure: unknown
  let unreachable = false

  const upstream = (reachable: boolean) => {
    if (unreachable !== reachable) return
    unreachable = !reachable
    options.onUpstream({ reachable, since: clock.now() })
  }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    ready.drop(() => true)
    joined = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    )
    upstream(true)
    ready.nudge()
  })
  consumer.on(consumer.events.REBALANCING, () => {
    commit(options.committable()).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'the commit before a rebalance failed; records are delivered again')
    })
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (payload.restart) upstream(false)
    else failure = payload.error
    ready.nudge()
  })
  consumer.on(consumer.events.FETCH, () => upstream(true))

  async function commit(offsets: Parameters<RecordConsumer['commit']>[0]): Promise<void> {
    if (offsets.length === 0) return
    await consumer.commitOffsets(offsets.map(({ offset, ...partition }) => ({ ...partition, offset: String(offset) })))
  }

  await consumer.connect()
  await consumer.subscribe({ topics: [...deps.topics], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    async eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }) {
      const { topic, partition } = batch
      const records = batch.messages.map((message) => toRecord(topic, partition, message))
      const whole = { topic, partition, records, nextOffset: BigInt(batch.lastOffset()) + 1n }
      for (const chunk of chunkBatch(whole, options.maxPollRecords)) {
        while (ready.size >= readAhead) {
          await ready.drained(readAhead, 1000)
          await heartbeat()
        }
        if (!isRunning() || isStale()) return
        ready.push(chunk)
        resolveOffset(String(chunk.nextOffset - 1n))
      }
      await heartbeat()
    },
  })

  return {
    async poll(maxWaitMs, signal) {
      if (joined === undefined && failure === undefined) await ready.filled(maxWaitMs, signal)
      if (failure !== undefined)
        throw new ConnectError(`Reading as group ${options.groupId} failed.`, { cause: failure })
      if (joined !== undefined) {
        const revoked = owned
        owned = joined
        joined = undefined
        return { revoked, assigned: await deps.opened(owned), batches: [] }
      }
      let room = options.maxPollRecords
      return { revoked: [], assigned: [], batches: ready.take((batch) => (room -= batch.records.length) > 0) }
    },
    pause: (partitions) => each(partitions, (topics) => consumer.pause(topics)),
    resume: (partitions) => each(partitions, (topics) => consumer.resume(topics)),
    seek(offsets) {
      for (const { topic, partition, offset } of offsets) {
        consumer.seek({ topic, partition, offset: String(offset) })
        ready.drop((batch) => partitionId(batch) === partitionId({ topic, partition }))
      }
    },
    commit,
    changed: () => joined !== undefined,
    caughtUp: () => ready.size === 0 && owned.length > 0,
    close: () => stop(consumer, () => ready.drop(() => true)),
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
async function stop(consumer: Consumer, empty: () => void): Promise<void> {
  const draining = setInterval(empty, 20)
  try {
    empty()
    await consumer.disconnect()
  } finally {
    clearInterval(draining)
  }
}
