import { ConnectError, messageOf } from '#api'
import { compactString, type FlexibleReader, readFlexible, unsignedVarint } from './flexible.ts'
import { type Cluster, encoded, type ProtocolCall, protocolError } from './internals.ts'
import { hasType } from './log-fetch.ts'

/** The ids (KIP-516) of topics by name: one that is deleted and made anew has another. Undefined when the broker has none. */
export type TopicIds = ReadonlyMap<string, string> | undefined

const metadataKey = 3
/** The first version that tells ids; kafkajs ends with 6. */
const version = 10

/**
 * Asks one broker, once more when it does not answer. Brokers before 2.8, and clusters whose metadata is older still, have no ids. Rejects when a
 * topic does not exist.
 */
export async function askTopicIds(cluster: Cluster, topics: readonly string[]): Promise<TopicIds> {
  // No topic would mean all of them.
  if (topics.length === 0) return new Map()
  const ask = async (): Promise<TopicIds> => {
    const { versions, connectionPool } = await cluster.brokerPool.findConnectedBroker()
    if ((versions?.[metadataKey]?.maxVersion ?? 0) < version) return undefined
    return connectionPool.send(metadata(topics))
  }
  try {
    return await ask()
  } catch (error) {
    if (hasType(error, unknownTopic)) throw error
    await cluster.refreshMetadata().catch(() => undefined)
    return await ask()
  }
}

const unknownTopic = 'UNKNOWN_TOPIC_OR_PARTITION'

/** Metadata v10. */
export function metadata(topics: readonly string[]): ProtocolCall<ReadonlyMap<string, string>> {
  const buffer = Buffer.concat([
    // The header's tagged fields.
    Buffer.from([0]),
    unsignedVarint(topics.length + 1),
    // By name, not by id.
    ...topics.map((topic) => Buffer.concat([Buffer.alloc(16), compactString(topic), Buffer.from([0])])),
    // No topic is made, nothing is said of rights, no tagged fields.
    Buffer.alloc(4),
  ])
  return {
    request: { apiKey: metadataKey, apiVersion: version, apiName: 'Metadata', encode: async () => encoded(buffer) },
    response: { decode: async (raw) => decode(raw), parse: async (ids) => ids },
    // A topic that is gone is an answer.
    logResponseError: false,
  }
}

function decode(raw: Buffer): ReadonlyMap<string, string> {
  const ids = new Map<string, string>()
  for (const { topic, id, errorCode } of read(raw)) {
    if (errorCode !== 0) {
      const cause = protocolError(errorCode)
      throw new ConnectError(`Kafka does not tell the id of topic ${topic}: ${cause.message}`, { cause })
    }
    if (id !== undefined) ids.set(topic, id)
  }
  return ids
}

interface Told {
  readonly topic: string
  readonly id: string | undefined
  readonly errorCode: number
}

function read(raw: Buffer): readonly Told[] {
  try {
    const reader = readFlexible(raw)
    reader.skipTags()
    // The throttle time.
    reader.skip(4)
    reader.array(() => skipBroker(reader))
    // The cluster's id, its controller.
    reader.string()
    reader.skip(4)
    return reader.array(() => readTopic(reader))
  } catch (error) {
    throw new ConnectError(`Kafka's answer about the ids of topics cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function skipBroker(reader: FlexibleReader): void {
  // Id, host, port, rack.
  reader.skip(4)
  reader.string()
  reader.skip(4)
  reader.string()
  reader.skipTags()
}

function readTopic(reader: FlexibleReader): Told {
  const told = { errorCode: reader.int16(), topic: reader.string(), id: reader.uuid() }
  // Whether it is internal.
  reader.skip(1)
  reader.array(() => {
    // Error, number, leader and its epoch; replicas, those in sync, those offline.
    reader.skip(14)
    for (let lists = 0; lists < 3; lists++) reader.array(() => reader.skip(4))
    reader.skipTags()
  })
  // What is allowed.
  reader.skip(4)
  reader.skipTags()
  return told
}
