import type { Admin } from 'kafkajs'
import type { TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import { systemClock } from '../util/clock.ts'
import { retry } from '../util/retry.ts'
import type { Connection } from './connections.ts'
import { type Cluster, createCluster } from './internals.ts'
import { fetchPartitions, hasType, isOffsetOutOfRange, lookLimits } from './log-fetch.ts'
import type { KafkaClient, PartitionBounds } from './ports.ts'
import { RefusedError } from './refusals.ts'
import { shareClient } from './shared-client.ts'
import { askBounds, type EndKind } from './topic-bounds.ts'
import { askTopicIds, type TopicIds } from './topic-ids.ts'

/** Asks a cluster about its topics and groups. Connects when first asked. */
export interface Asker {
  admin<T>(use: (admin: Admin) => Promise<T>): Promise<T>
  /** Raw requests on a connection that knows the leaders of these topics; they may be made twice. */
  cluster<T>(topics: readonly string[], use: (cluster: Cluster) => Promise<T>): Promise<T>
  listTopics(): Promise<readonly string[]>
  /** `high`: the end of the log, or with `stable` that of what `read_committed` may see. */
  bounds(topics: readonly string[], end?: EndKind): Promise<readonly PartitionBounds[]>
  /** What tells topics from others of their names. */
  topicIds(topics: readonly string[]): Promise<TopicIds>
  committed(groupId: string, topics: readonly string[]): Promise<readonly TopicPartitionOffset[]>
  timestampAt(partition: TopicPartition, offset: bigint): ReturnType<KafkaClient['timestampAt']>
  close(): Promise<void>
}

export function createAsker(connection: Connection, clientId: string): Asker {
  const admins = shareClient(() => connectAdmin(connection, clientId))
  const clusters = shareClient(() => connectCluster(connection, clientId))

  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw connection.explain(error)
    }
  }

  const asked = <T>(use: (admin: Admin) => Promise<T>): Promise<T> => explained(admins.use(use))

  const onCluster = <T>(topics: readonly string[], use: (cluster: Cluster) => Promise<T>): Promise<T> =>
    explained(
      clusters.use(async (cluster) => {
        await cluster.addMultipleTargetTopics(topics)
        return use(cluster)
      }),
    )

  const bounds: Asker['bounds'] = (topics, end = 'log') =>
    onCluster(topics, (cluster) => askBounds(cluster, topics, end))

  return {
    admin: asked,
    cluster: onCluster,
    bounds,
    topicIds: (topics) => onCluster([], (cluster) => askTopicIds(cluster, topics)),
    listTopics: () => asked((client) => client.listTopics()),
    async committed(groupId, topics): Promise<readonly TopicPartitionOffset[]> {
      const ask = () => asked((client) => client.fetchOffsets({ groupId, topics: [...topics] }))
      const again = (error: unknown, attempt: number): boolean => attempt < mostTries && isCoordinatorMoving(error)
      const signal = new AbortController().signal
      const answers = await retry(ask, { clock: systemClock, signal, backoff: { initialMs: 50, maxMs: 1000 }, again })
      return answers.flatMap(({ topic, partitions }) =>
        partitions
          // kafkajs commits -1 or -2 where an offset was out of range: both are none.
          .filter(({ offset }) => !offset.startsWith('-'))
          .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
      )
    },
    async timestampAt({ topic, partition }: TopicPartition, offset: bigint) {
      const held = (await bounds([topic])).find((each) => each.partition === partition)
      if (!held || offset >= held.high) return 'beyond'
      if (offset < held.low) return 'below'
      const wanted = [{ topic, partition, position: offset }]
      // It has its time whether its transaction is still open or not.
      const limits = { ...lookLimits, isReadCommitted: false }
      try {
        return await onCluster([topic], async (cluster) => {
          const look = async () => (await fetchPartitions(cluster, wanted, limits))[0]
          const answer = (await look().catch(() => undefined)) ?? (await cluster.refreshMetadata().then(look))
          const found = answer?.fetched.messages.find((message) => BigInt(message.offset) >= offset)
          // The end of a transaction is no record: who remembers the one before it is not to meet another time here.
          const isThere = found && BigInt(found.offset) === offset && !found.isControlRecord
          return isThere ? Number(found.timestamp) : 'gone'
        })
      } catch (error) {
        if (isOffsetOutOfRange(error)) return 'below'
        throw error
      }
    },
    async close() {
      await admins.close()
      await clusters.close()
    },
  }
}

/** For the first question about any group Kafka makes a topic, which takes it a while; kafkajs asks once. */
const mostTries = 20
const coordinatorErrors = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
] as const
const isCoordinatorMoving = (error: unknown): boolean => coordinatorErrors.some((type) => hasType(error, type))

/** A broker that stops in the middle of a handshake looks the same, so this is tried again. */
const hintFor = (error: unknown): string =>
  messageOf(error).includes('before secure TLS connection')
    ? '. The port may not speak TLS: check security.protocol and the port.'
    : ''

async function connectAdmin(connection: Connection, clientId: string): Promise<Admin> {
  const admin = (await connection.kafka(clientId)).admin()
  try {
    await admin.connect()
    return admin
  } catch (error) {
    await admin.disconnect().catch(() => undefined)
    throw notReached(connection, error)
  }
}

function notReached(connection: Connection, error: unknown): unknown {
  const known = connection.explain(error)
  if (known instanceof RefusedError) return known
  return new ConnectError(`Kafka cannot be reached: ${messageOf(error)}${hintFor(error)}`, { cause: error })
}

async function connectCluster(connection: Connection, clientId: string): Promise<Cluster> {
  const cluster = createCluster(await connection.kafka(clientId))
  try {
    await cluster.connect()
    return cluster
  } catch (error) {
    await cluster.disconnect().catch(() => undefined)
    throw notReached(connection, error)
  }
}
