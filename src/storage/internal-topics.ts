import type { Clock, Logger } from '#api'
import { ConfigError, ConnectError, messageOf } from '#api'
import type { ClientProps, KafkaClient, TopicInfo } from '../kafka/index.ts'
import { retry } from '../util/retry.ts'

export type InternalUse = 'config' | 'offset' | 'status' | 'revocation'

/** One of the topics in which a cluster of workers keeps what it knows. */
export interface InternalTopic {
  readonly use: InternalUse
  readonly topic: string
  /** -1 leaves it to the broker. The config topic has one whatever is said here. */
  readonly partitions: number
  /** -1 leaves it to the broker. */
  readonly replicationFactor: number
  /** Settings of the topic, for its making; it is compacted in any case. */
  readonly settings: Readonly<Record<string, string>>
}

const purposes: Readonly<Record<InternalUse, string>> = {
  config: 'connector configurations',
  offset: 'source connector offsets',
  status: 'connector and task statuses',
  revocation: "the gateway's revocations",
}

const topicProperty = (use: InternalUse): string =>
  use === 'revocation' ? 'gateway.revocations.topic' : `${use}.storage.topic`
const replicationProperty = (use: InternalUse): string =>
  use === 'revocation' ? 'gateway.revocations.replicationFactor' : `${use}.storage.replication.factor`

type Asked = Pick<KafkaClient, 'createTopic' | 'topicInfo'>

export interface InternalTopicOptions {
  readonly kafka: Asked
  readonly log: Logger
  readonly clock: Clock
  readonly props?: ClientProps | undefined
}

/** Makes the topics that are missing and checks the others. Rejects with a `ConfigError` that names the property to change. */
export async function ensureInternalTopics(
  topics: readonly InternalTopic[],
  options: InternalTopicOptions,
): Promise<void> {
  const ensured = topics.map((topic) => ensure(topic, options))
  // The caller may close its Kafka after a failure, and nothing is to be made any more then.
  await Promise.allSettled(ensured)
  await Promise.all(ensured)
}

async function ensure(wanted: InternalTopic, options: InternalTopicOptions): Promise<void> {
  const { kafka, log, props } = options
  const { topic, use } = wanted
  let found = await kafka.topicInfo(topic, props)
  if (!found) {
    await create(wanted, options)
    found = await appearing(topic, options)
    log.info({ topic, for: purposes[use] }, 'internal topic created')
  }
  check(wanted, found)
  if (found.configs['cleanup.policy'] === undefined)
    log.info({ topic }, 'the cleanup policy of an internal topic could not be looked up, and should be compact')
}

/** Another worker that starts at the same moment may be faster, which is no error. */
async function create(wanted: InternalTopic, { kafka, props }: InternalTopicOptions): Promise<void> {
  const { topic, use, replicationFactor, settings } = wanted
  try {
    await kafka.createTopic(topic, {
      partitions: use === 'config' ? 1 : wanted.partitions,
      replicationFactor,
      configs: { ...settings, 'cleanup.policy': 'compact' },
      props,
    })
  } catch (error) {
    throw explain(wanted, error)
  }
}

/** A new topic is not known to every broker at once. */
function appearing(topic: string, { kafka, clock, props }: InternalTopicOptions): Promise<TopicInfo> {
  const look = async () => {
    const found = await kafka.topicInfo(topic, props)
    if (!found) throw new ConnectError(`The topic ${topic} was created and is not there yet.`)
    return found
  }
  const again = (_error: unknown, attempt: number) => attempt < 30
  return retry(look, { clock, signal: new AbortController().signal, backoff: { initialMs: 50, maxMs: 1000 }, again })
}

function explain({ topic, use, replicationFactor }: InternalTopic, error: unknown): ConnectError {
  const types = error instanceof Error ? [error, error.cause] : []
  const isReplication = types.some(
    (each) => each instanceof Error && 'type' in each && each.type === 'INVALID_REPLICATION_FACTOR',
  )
  if (isReplication)
    return new ConfigError(
      `Topic '${topic}' for ${purposes[use]} cannot be created with ${replicationFactor} replicas: Kafka has fewer brokers. Set ${replicationProperty(use)} to the number of brokers at most (1 on a single broker; -1 is the brokers' default), or make the topic beforehand.`,
      { cause: error },
    )
  return new ConnectError(`Unable to create topic(s) '${topic}': ${messageOf(error)}`, { cause: error })
}

/** The sentences are Kafka Connect's. */
function check({ topic, use }: InternalTopic, { partitions, configs }: TopicInfo): void {
  const property = topicProperty(use)
  if (use === 'config' && partitions > 1)
    throw new ConfigError(
      `Topic '${topic}' supplied via the '${property}' property is required to have a single partition in order to guarantee consistency of connector configurations, but found ${partitions} partitions.`,
    )
  const policy = configs['cleanup.policy']
  if (policy === undefined || policy === 'compact') return
  throw new ConfigError(
    `Topic '${topic}' supplied via the '${property}' property is required to have 'cleanup.policy=compact' to guarantee consistency and durability of ${purposes[use]}, but found the topic currently has 'cleanup.policy=${policy}'. Continuing would likely result in eventually losing ${purposes[use]} and problems restarting this Connect cluster in the future. Change the '${property}' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.`,
  )
}
