import type { Admin, Kafka as KafkaType } from 'kafkajs'
import type { Clock, Logger, TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError } from '#api'
import { startGroupConsumer } from './group-consumer.ts'
import { type Cluster, createCluster } from './internals.ts'
import { Kafka, logLevel } from './kafkajs.ts'
import { bridgeLog } from './log-bridge.ts'
import { fetchPartitions, isOffsetOutOfRange } from './log-fetch.ts'
import { type StartPoint, startLogReader } from './log-reader.ts'
import { groupBy, partitionId } from './partition-map.ts'
import type { ConsumerOptions, KafkaClient, LogReaderOptions, PartitionBounds } from './ports.ts'
import { startProducer } from './producer.ts'
import { type TopicWatch, watchTopics } from './topics.ts'

export interface KafkaClientOptions {
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  readonly log: Logger
  readonly clock: Clock
}

/** The one door to a Kafka cluster. Connects when first asked; `close` ends what it opened itself, not what it handed out. */
export function createKafkaClient({ bootstrapServers, clientId, log, clock }: KafkaClientOptions): KafkaClient {
  const kafkaFor = (id: string): KafkaType =>
    new Kafka({
      brokers: [...bootstrapServers],
      clientId: id,
      connectionTimeout: 3000,
      requestTimeout: 30_000,
      logLevel: logLevel.INFO,
      logCreator: bridgeLog(log),
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 2000 },
    })
  const kafka = kafkaFor(clientId)
  let admin: Promise<Admin> | undefined
  let lookups: Promise<Cluster> | undefined

  async function connected<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    admin ??= connectAdmin(kafka)
    try {
      return await use(await admin)
    } catch (error) {
      // A client whose connection failed at birth stays broken: the next call makes a new one.
      if (!(await admin.then(() => true).catch(() => false))) admin = undefined
      throw error
    }
  }

  async function lookupCluster(topic: string): Promise<Cluster> {
    lookups ??= connectCluster(kafka)
    const cluster = await lookups.catch((error: unknown) => {
      lookups = undefined
      throw error
    })
    await cluster.addMultipleTargetTopics([topic])
    return cluster
  }

  async function bounds(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    const all = await Promise.all(
      topics.map(async (topic) => {
        const offsets = await connected((client) => client.fetchTopicOffsets(topic))
        return offsets.map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) }))
      }),
    )
    return all.flat()
  }

  async function committed(groupId: string, topics: readonly string[]): Promise<readonly TopicPartitionOffset[]> {
    const answers = await connected((client) => client.fetchOffsets({ groupId, topics: [...topics] }))
    return answers.flatMap(({ topic, partitions }) =>
      partitions
        .filter(({ offset }) => offset !== '-1')
        .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
    )
  }

  async function timestampAt({ topic, partition }: TopicPartition, offset: bigint) {
    const held = (await bounds([topic])).find((each) => each.partition === partition)
    if (!held || offset >= held.high) return 'beyond'
    if (offset < held.low) return 'below'
    const cluster = await lookupCluster(topic)
    const look = async () => {
      const [answer] = await fetchPartitions(cluster, [{ topic, partition, position: offset }], 100)
      return answer
    }
    try {
      const answer = (await look().catch(() => undefined)) ?? (await cluster.refreshMetadata().then(look))
      const found = answer?.fetched.messages.find((message) => BigInt(message.offset) >= offset)
      return found && BigInt(found.offset) === offset ? Number(found.timestamp) : 'gone'
    } catch (error) {
      if (isOffsetOutOfRange(error)) return 'below'
      throw error
    }
  }

  /** The committed offset (if any) or `warmMs` before now, whichever is older, within what the log holds; negative: all of it. */
  async function startPoints(options: LogReaderOptions, topics: readonly string[]): Promise<readonly StartPoint[]> {
    const held = await bounds(topics)
    const done = new Map((await committed(options.groupId, topics)).map((each) => [partitionId(each), each.offset]))
    const warm = new Map<string, bigint>()
    for (const topic of topics) {
      const since = Math.max(0, clock.now() - options.warmMs)
      for (const { partition, offset } of await connected((client) =>
        client.fetchTopicOffsetsByTimestamp(topic, since),
      )) {
        if (offset !== '-1') warm.set(partitionId({ topic, partition }), BigInt(offset))
      }
    }
    return Promise.all(
      held.map(async ({ low, high, ...partition }) => {
        const id = partitionId(partition)
        const oldest = [done.get(id) ?? high, options.warmMs < 0 ? low : (warm.get(id) ?? high), high].reduce((a, b) =>
          a < b ? a : b,
        )
        const offset = oldest < low ? low : oldest
        const before = offset > low ? await timestampAt(partition, offset - 1n) : undefined
        return {
          ...partition,
          offset,
          end: high,
          // A commit beyond the end is another log's.
          committed: (done.get(id) ?? 0n) <= high ? done.get(id) : undefined,
          timestampBefore: typeof before === 'number' ? before : undefined,
        }
      }),
    )
  }

  /** A commit without membership, as tools do it: lag shows in Kafka, and no rebalance is caused. */
  async function commitAlone(
    cluster: Cluster,
    groupId: string,
    offsets: readonly TopicPartitionOffset[],
  ): Promise<void> {
    if (offsets.length === 0) return
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    const topics = groupBy(offsets, ({ topic }) => topic)
    await coordinator.offsetCommit({
      groupId,
      groupGenerationId: -1,
      memberId: '',
      retentionTime: -1,
      topics: [...topics].map(([topic, group]) => ({
        topic,
        partitions: group.map(({ partition, offset }) => ({ partition, offset: String(offset), metadata: null })),
      })),
    })
  }

  const listTopics = () => connected((client) => client.listTopics())

  function topicWatch({ topics, groupId, onMissing }: ConsumerOptions): TopicWatch {
    return watchTopics(topics, listTopics, (missing) => {
      if (missing.length > 0)
        log.warn({ topics: missing, group: groupId }, 'topics do not exist yet and are read once they do')
      onMissing(missing)
    })
  }

  /** Where the group continues: after its commit, else at the log's start. */
  async function groupOffsets(groupId: string, partitions: readonly TopicPartition[]) {
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const done = new Map((await committed(groupId, topics)).map((each) => [partitionId(each), each.offset]))
    const held = new Map((await bounds(topics)).map((each) => [partitionId(each), each.low]))
    return partitions.map((each) => ({
      ...each,
      offset: done.get(partitionId(each)) ?? held.get(partitionId(each)) ?? 0n,
    }))
  }

  return {
    async clusterId() {
      const { clusterId } = await connected((client) => client.describeCluster())
      return clusterId
    },
    async createTopic(topic, { partitions, replicationFactor }) {
      await connected((client) =>
        client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor }] }),
      )
    },
    topicExists: async (topic) => (await listTopics()).includes(topic),
    committed,
    timestampAt,
    groupConsumer: (options) =>
      startGroupConsumer(
        {
          kafka: kafkaFor(options.clientId),
          log,
          clock,
          topics: topicWatch(options),
          opened: (partitions) => groupOffsets(options.groupId, partitions),
        },
        options,
      ),
    async logReader(options) {
      const topics = topicWatch(options)
      const starts = await startPoints(options, await topics.look())
      const commits = await connectCluster(kafkaFor(options.clientId))
      const newCluster = () => createCluster(kafkaFor(options.clientId))
      const commit = (offsets: readonly TopicPartitionOffset[]) => commitAlone(commits, options.groupId, offsets)
      const reader = startLogReader({ newCluster, log, clock, topics, starts, bounds, commit }, options)
      return {
        ...reader,
        async close() {
          await reader.close()
          await commits.disconnect()
        },
      }
    },
    producer: async (options) => startProducer(kafkaFor(options.clientId)),
    async close() {
      const opened = await Promise.allSettled([admin, lookups])
      for (const each of opened) if (each.status === 'fulfilled') await each.value?.disconnect()
    },
  }
}

async function connectAdmin(kafka: KafkaType): Promise<Admin> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return admin
  } catch (error) {
    await admin.disconnect().catch(() => undefined)
    throw new ConnectError(`Kafka cannot be reached: ${String(error)}`, { cause: error })
  }
}

async function connectCluster(kafka: KafkaType): Promise<Cluster> {
  const cluster = createCluster(kafka)
  await cluster.connect()
  return cluster
}
