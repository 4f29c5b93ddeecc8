import type { Admin } from 'kafkajs'
import type { TopicPartition, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import type { Connection } from './connections.ts'
import { type Cluster, createCluster } from './internals.ts'
import { fetchPartitions, isOffsetOutOfRange, lookLimits } from './log-fetch.ts'
import type { KafkaClient, PartitionBounds } from './ports.ts'
import { RefusedError } from './refusals.ts'

/** Asks a cluster about its topics and groups. Connects when first asked. */
export interface Asker {
  admin<T>(use: (admin: Admin) => Promise<T>): Promise<T>
  /** A connection for raw requests that knows the leaders of these topics. */
  cluster(topics: readonly string[]): Promise<Cluster>
  listTopics(): Promise<readonly string[]>
  bounds(topics: readonly string[]): Promise<readonly PartitionBounds[]>
  committed: KafkaClient['committed']
  timestampAt: KafkaClient['timestampAt']
  close(): Promise<void>
}

export function createAsker(connection: Connection, clientId: string): Asker {
  let admin: Promise<Admin> | undefined
  let lookups: Promise<Cluster> | undefined

  async function asked<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    admin ??= connectAdmin(connection, clientId)
    try {
      return await use(await admin)
    } catch (error) {
      // A client whose connection failed at birth stays broken: the next call makes a new one.
      if (!(await admin.then(() => true).catch(() => false))) admin = undefined
      throw connection.explain(error)
    }
  }

  async function clusterFor(topics: readonly string[]): Promise<Cluster> {
    lookups ??= connection.kafka(clientId).then(async (kafka) => {
      const cluster = createCluster(kafka)
      await cluster.connect()
      return cluster
    })
    const cluster = await lookups.catch((error: unknown) => {
      lookups = undefined
      throw connection.explain(error)
    })
    await cluster.addMultipleTargetTopics(topics)
    return cluster
  }

  async function bounds(topics: readonly string[]): Promise<readonly PartitionBounds[]> {
    const all = await Promise.all(
      topics.map(async (topic) => {
        const offsets = await asked((client) => client.fetchTopicOffsets(topic))
        return offsets.map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) }))
      }),
    )
    return all.flat()
  }

  return {
    admin: asked,
    cluster: clusterFor,
    bounds,
    listTopics: () => asked((client) => client.listTopics()),
    async committed(groupId, topics): Promise<readonly TopicPartitionOffset[]> {
      const answers = await asked((client) => client.fetchOffsets({ groupId, topics: [...topics] }))
      return answers.flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ offset }) => offset !== '-1')
          .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
      )
    },
    async timestampAt({ topic, partition }: TopicPartition, offset: bigint) {
      const held = (await bounds([topic])).find((each) => each.partition === partition)
      if (!held || offset >= held.high) return 'beyond'
      if (offset < held.low) return 'below'
      const cluster = await clusterFor([topic])
      const look = async () => {
        const [answer] = await fetchPartitions(cluster, [{ topic, partition, position: offset }], lookLimits)
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
    },
    async close() {
      const opened = await Promise.allSettled([admin, lookups])
      for (const each of opened) if (each.status === 'fulfilled') await each.value?.disconnect()
    },
  }
}

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
    const known = connection.explain(error)
    if (known instanceof RefusedError) throw known
    throw new ConnectError(`Kafka cannot be reached: ${messageOf(error)}${hintFor(error)}`, { cause: error })
  }
}
