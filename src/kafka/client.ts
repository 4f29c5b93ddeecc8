import type { Clock, Logger, TopicPartitionOffset } from '#api'
import { ConnectError, messageOf } from '#api'
import { type Asker, createAsker } from './asker.ts'
import { type Connection, createConnections } from './connections.ts'
import { fenceProducers } from './fence-producers.ts'
import { startGroupConsumer } from './group-consumer.ts'
import { connectCoordinator } from './group-coordinator.ts'
import { startGroupMember } from './group-member.ts'
import { alterOffsets, commitAlone, deleteGroup } from './groups.ts'
import { createCluster, createClusterWithoutRetries } from './internals.ts'
import { startLogReader } from './log-reader.ts'
import { readNewest } from './newest.ts'
import type { ClientProps, ConsumerOptions, KafkaClient, RecordConsumer } from './ports.ts'
import { startProducer } from './producer.ts'
import { groupOffsets, startPoints } from './starts.ts'
import { createTopicHistory } from './topic-history.ts'
import { topicInfo } from './topic-info.ts'
import { openTopicLog } from './topic-log.ts'
import { type TopicWatch, watchTopics } from './topics.ts'
import { createTransactionalProducer } from './transactional-producer.ts'

export interface KafkaClientOptions {
  readonly bootstrapServers: readonly string[]
  readonly clientId: string
  /**
   * The worker's own client properties, without a prefix. Those about connecting (`security.protocol`, `sasl.*`, `ssl.*`, timeouts) hold for
   * every consumer and producer too, unless its own say otherwise; properties that are not a client's are not looked at.
   */
  readonly props?: ClientProps | undefined
  readonly log: Logger
  readonly clock: Clock
}

/**
 * The one door to a Kafka cluster. Throws a `ConfigError` with all that is wrong with its properties. Connects when first asked, and only
 * then reads key stores; `close` ends what it opened itself, not what it handed out.
 */
export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const { clientId, log, clock } = options
  const connect = createConnections({ ...options, props: options.props ?? {} })
  const own = connect('admin')
  const shared = createAsker(own, clientId)

  const borrowed = new Map<string, { readonly asker: Asker; users: number }>()

  /** Who reaches the cluster in another way than this client asks about it in that way too; all who do so in the same way share an asker. */
  function askerFor(connection: Connection): { readonly asker: Asker; close(): Promise<void> } {
    const { key } = connection
    if (key === own.key) return { asker: shared, close: async () => undefined }
    const lent = borrowed.get(key) ?? { asker: createAsker(connection, clientId), users: 0 }
    borrowed.set(key, lent)
    lent.users++
    const close = async () => {
      if (--lent.users > 0) return
      borrowed.delete(key)
      await lent.asker.close()
    }
    return { asker: lent.asker, close }
  }

  /** `role`: whose properties they are. */
  async function asking<T>(
    props: ClientProps | undefined,
    ask: (asker: Asker) => Promise<T>,
    role: 'admin' | 'consumer' = 'admin',
  ): Promise<T> {
    const { asker, close } = askerFor(props ? connect(role, props) : own)
    try {
      return await ask(asker)
    } finally {
      await close()
    }
  }

  function topicWatch({ listTopics }: Asker, connection: Connection, consumer: ConsumerOptions): TopicWatch {
    const maxAge = connection.settings.connection['metadata.max.age.ms'] ?? undefined
    const told = (missing: readonly string[]) => {
      if (missing.length > 0)
        log.warn({ topics: missing, group: consumer.groupId }, 'topics do not exist yet and are read once they do')
      consumer.onMissing(missing)
    }
    return watchTopics(consumer.topics, listTopics, told, maxAge)
  }

  const closedAfter = (consumer: RecordConsumer, close: () => Promise<void>): RecordConsumer => ({
    ...consumer,
    async close() {
      await consumer.close()
      await close()
    },
  })

  return {
    async clusterId(props) {
      const { clusterId } = await asking(props, ({ admin }) => admin((client) => client.describeCluster()), 'consumer')
      return clusterId
    },
    async createTopic(topic, { partitions: numPartitions, replicationFactor, configs = {}, props }) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const topics = [{ topic, numPartitions, replicationFactor, configEntries }]
      try {
        await asking(props, ({ admin }) => admin((client) => client.createTopics({ topics })))
      } catch (error) {
        throw topicError(
          topic,
          { partitions: numPartitions, 'replication factor': replicationFactor, ...configs },
          error,
        )
      }
    },
    topicExists: async (topic, props) => (await asking(props, ({ listTopics }) => listTopics())).includes(topic),
    committed: (groupId, topics, props) => asking(props, ({ committed }) => committed(groupId, topics), 'consumer'),
    timestampAt: (partition, offset, props) =>
      asking(props, ({ timestampAt }) => timestampAt(partition, offset), 'consumer'),
    alterOffsets: (groupId, offsets, props) => asking(props, (asker) => alterOffsets(asker, groupId, offsets)),
    deleteGroup: (groupId, props) => asking(props, (asker) => deleteGroup(asker, groupId)),
    newest: (topics, limit, signal) => readNewest(shared, topics, limit, signal),
    groupConsumer(wanted) {
      const connection = connect('consumer', wanted.props)
      const { consumer } = connection.settings
      const { asker, close } = askerFor(connection)
      const deps = {
        kafka: () => connection.kafka(wanted.clientId),
        explain: connection.explain,
        settings: connection.settings,
        log,
        clock,
        topics: topicWatch(asker, connection, wanted),
        opened: (partitions: Parameters<typeof groupOffsets>[3]) =>
          groupOffsets(asker, wanted.groupId, consumer['auto.offset.reset'], partitions, consumer['isolation.level']),
      }
      return closedAfter(startGroupConsumer(deps, limited(wanted, connection)), close)
    },
    async logReader(wanted) {
      const connection = connect('consumer', wanted.props)
      const { asker, close } = askerFor(connection)
      const cluster = async () => createCluster(await connection.kafka(wanted.clientId))
      try {
        const topics = topicWatch(asker, connection, wanted)
        const isolation = connection.settings.consumer['isolation.level']
        const starts = await startPoints(asker, clock, wanted, await topics.look(), isolation)
        const commits = await cluster()
        await commits.connect()
        const commit = (offsets: readonly TopicPartitionOffset[]) => commitAlone(commits, wanted.groupId, offsets)
        const deps = {
          newCluster: cluster,
          explain: connection.explain,
          settings: connection.settings.consumer,
          log,
          clock,
          topics,
          starts,
          bounds: asker.bounds,
          topicIds: asker.topicIds,
          commit,
        }
        const reader = startLogReader(deps, limited(wanted, connection))
        return closedAfter(reader, async () => {
          await commits.disconnect()
          await close()
        })
      } catch (error) {
        await close()
        throw connection.explain(error)
      }
    },
    async producer({ clientId: id, props }) {
      const connection = connect('producer', props)
      return startProducer(() => connection.kafka(id), connection)
    },
    topicInfo: (topic, props) => asking(props, (asker) => topicInfo(asker, topic)),
    async topicLog(wanted) {
      const connection = connect('consumer', { ...topicLogProps, ...wanted.props })
      const { asker, close } = askerFor(connection)
      try {
        const topicLog = await openTopicLog({ connection, asker, log, clock }, wanted)
        return {
          readToEnd: topicLog.readToEnd,
          async close() {
            await topicLog.close()
            await close()
          },
        }
      } catch (error) {
        await close()
        throw connection.explain(error)
      }
    },
    topicHistory({ topics, clientId: id, props, maxPollRecords }) {
      const connection = connect('consumer', props)
      const { asker, close } = askerFor(connection)
      const fetcher = createAsker(connection, id)
      const most = connection.settings.consumer['max.poll.records'] ?? maxPollRecords
      const history = createTopicHistory({ asker, fetcher, connection, clock, topics, maxPollRecords: most })
      return {
        ...history,
        async close() {
          await history.close()
          await close()
        },
      }
    },
    async transactionalProducer({ clientId: id, transactionalId, props }) {
      const connection = connect('producer', { ...props, ...transactional })
      return createTransactionalProducer({ kafka: () => connection.kafka(id), connection, clock, transactionalId })
    },
    fenceProducers(ids, props) {
      const { settings } = props ? connect('admin', props) : own
      const limits = { clock, timeoutMs: settings.connection['request.timeout.ms'] }
      return asking(props, ({ cluster }) => cluster([], (known) => fenceProducers(known, ids, limits)))
    },
    groupMember(wanted) {
      const cluster = async () => createClusterWithoutRetries(await own.kafka(wanted.clientId))
      const { 'retry.backoff.ms': initialMs, 'retry.backoff.max.ms': maxMs } = own.settings.connection
      const coordinator = connectCoordinator(wanted.groupId, cluster, clock)
      const backoff = { initialMs, maxMs, jitter: 0.5 }
      return startGroupMember({ coordinator, backoff, explain: own.explain, log, clock }, wanted)
    },
    close: () => shared.close(),
  }
}

/** A record ends a long poll, so a longer one only saves requests. */
const topicLogProps: ClientProps = { 'isolation.level': 'read_uncommitted', 'fetch.max.wait.ms': '5000' }

/** Transactions need both, whatever is configured. */
const transactional: ClientProps = {
  acks: 'all',
  'enable.idempotence': 'true',
  'max.in.flight.requests.per.connection': '1',
}

/** kafkajs tells why inside a list of errors. */
function topicError(topic: string, wanted: Readonly<Record<string, unknown>>, error: unknown): unknown {
  const errors = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  if (errors.length === 0) return error
  const asked = Object.entries(wanted).map(([name, value]) => `${name} ${String(value)}`)
  const message = `Topic ${topic} (${asked.join(', ')}) could not be created: ${errors.map(messageOf).join('; ')}.`
  return new ConnectError(message, { cause: errors[0] })
}

/** `max.poll.records` of the properties goes before the caller's. */
function limited<T extends ConsumerOptions>(options: T, { settings }: Connection): T {
  return { ...options, maxPollRecords: settings.consumer['max.poll.records'] ?? options.maxPollRecords }
}
