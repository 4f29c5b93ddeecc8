import type { Clock, Logger, Props } from '#api'
import type { ClientProps, KafkaClient } from '../kafka/index.ts'
import {
  type ConnectorOffsetStore,
  createConnectorOffsetStore,
  ensureInternalTopics,
  type OffsetStore,
  openTopicOffsetStore,
  type TopicOffsetStore,
} from '../storage/index.ts'
import { clientProps } from './client-props.ts'
import { withPrefix } from './connector-config.ts'

export interface ConnectorOffsetsDeps {
  readonly kafka: KafkaClient
  /** The worker's. */
  readonly offsets: OffsetStore
  readonly workerProps: Props
  readonly exactlyOnce?: boolean | undefined
  readonly log: Logger
  readonly clock: Clock
}

export const isInTopic = (store: OffsetStore): store is TopicOffsetStore => 'records' in store

/**
 * Where a source's offsets are: the worker's store, or one over it in a topic of the connector's own. Undefined: the worker's. Opens clients
 * and, when it is missing, makes the topic; whoever asked closes it.
 */
export async function openConnectorOffsets(
  connector: string,
  props: Props,
  deps: ConnectorOffsetsDeps,
): Promise<ConnectorOffsetStore | undefined> {
  const { kafka, workerProps, log, clock } = deps
  const clientsOf = (kind: 'admin' | 'consumer' | 'producer') => withoutIdentity(clientProps(kind, props, workerProps))
  const producer = clientsOf('producer')
  const topic = ownTopic(props, producer, deps)
  if (topic === undefined) return undefined
  const admin = clientsOf('admin')
  const settings = topicSettings(workerProps)
  await ensureInternalTopics([{ use: 'offset', topic, ...settings }], { kafka, log, clock, props: admin })
  const own = await openTopicOffsetStore({
    kafka: withProps(kafka, clientsOf('consumer'), producer),
    topic,
    clientId: `${workerProps['group.id'] ?? 'connect'}-${connector}`,
    log,
    clock,
    committedOnly: deps.exactlyOnce ?? false,
  })
  return createConnectorOffsetStore({ own, worker: deps.offsets, log })
}

/** None where the worker keeps no topic itself, and where it is the worker's. */
function ownTopic(props: Props, producer: ClientProps, deps: ConnectorOffsetsDeps): string | undefined {
  if (!isInTopic(deps.offsets)) return undefined
  const given = props['offsets.storage.topic'] ?? undefined
  const worker = deps.workerProps['offset.storage.topic'] ?? undefined
  const isElsewhere = producer['bootstrap.servers'] !== deps.workerProps['bootstrap.servers']
  if (isElsewhere && deps.exactlyOnce) return given ?? worker
  return given === worker && !isElsewhere ? undefined : given
}

function topicSettings(workerProps: Props) {
  const settings = withPrefix(workerProps, 'offset.storage.')
  const others = Object.entries(settings).filter(
    ([key, value]) => !['topic', 'partitions', 'replication.factor'].includes(key) && typeof value === 'string',
  )
  return {
    partitions: Number(settings['partitions'] ?? 25),
    replicationFactor: Number(settings['replication.factor'] ?? 3),
    settings: Object.fromEntries(others) as Record<string, string>,
  }
}

/** Those of the task's own clients, which these are not. */
const withoutIdentity = (props: ClientProps): ClientProps =>
  Object.fromEntries(
    Object.entries(props).filter(
      ([key]) => !['client.id', 'group.id', 'transactional.id', 'isolation.level'].includes(key),
    ),
  )

const withProps = (kafka: KafkaClient, consumer: ClientProps, producer: ClientProps): KafkaClient => ({
  ...kafka,
  topicLog: (options) => kafka.topicLog({ ...options, props: { ...consumer, ...options.props } }),
  producer: (options) => kafka.producer({ ...options, props: { ...producer, ...options.props } }),
})
