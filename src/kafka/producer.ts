import type { Kafka, Message, Producer } from 'kafkajs'
import type { RecordMetadata } from '#api'
import { ConnectError, messageOf, RetriableError } from '#api'
import { compressionTypes } from './codecs.ts'
import type { Connection } from './connections.ts'
import { KafkaJSError, Partitioners } from './kafkajs.ts'
import { fromHeaders } from './messages.ts'
import { groupBy, partitionId } from './partition-map.ts'
import type { ProducerRecord, RecordProducer } from './ports.ts'
import { isFinal } from './refusals.ts'

/** Trying again is its caller's affair beyond a few times, so that it can say what it does. */
export async function startProducer(
  kafka: () => Promise<Kafka>,
  { settings: { producer: settings, connection }, explain }: Connection,
): Promise<RecordProducer> {
  const chosen = new WeakMap<Message, number>()
  const acks = settings.acks === 'all' ? -1 : Number(settings.acks)
  const compression = compressionTypes[settings['compression.type']]
  const timeout = connection['request.timeout.ms']
  let connecting: Promise<Producer> | undefined

  async function create(): Promise<Producer> {
    const producer = (await kafka()).producer({
      createPartitioner: () => {
        const partitioner = Partitioners.DefaultPartitioner()
        return (args) => {
          const partition = partitioner(args)
          chosen.set(args.message, partition)
          return partition
        }
      },
      allowAutoTopicCreation: true,
      idempotent: settings['enable.idempotence'],
      maxInFlightRequests: settings['max.in.flight.requests.per.connection'],
      ...(connection['metadata.max.age.ms'] !== null && { metadataMaxAge: connection['metadata.max.age.ms'] }),
      retry: {
        retries: Math.min(settings.retries, mostRetries),
        initialRetryTime: connection['retry.backoff.ms'],
        maxRetryTime: Math.max(1000, connection['retry.backoff.ms']),
      },
    })
    try {
      await producer.connect()
    } catch (error) {
      await producer.disconnect().catch(() => undefined)
      throw error
    }
    return producer
  }

  /** Connects when first needed, so that a worker starts while Kafka is away. */
  async function connected(): Promise<Producer> {
    connecting ??= create()
    const mine = connecting
    try {
      return await mine
    } catch (error) {
      if (connecting === mine) connecting = undefined
      throw error
    }
  }

  async function sendOnce(producer: Producer, records: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]> {
    const messages = records.map(toMessage)
    const byTopic = groupBy(records.keys(), (index) => records[index]?.topic ?? '')
    const answers = await producer.sendBatch({
      acks,
      compression,
      timeout,
      topicMessages: [...byTopic].map(([topic, indexes]) => ({
        topic,
        messages: indexes.flatMap((index) => messages[index] ?? []),
      })),
    })
    const nextOffsets = new Map(
      answers.map(({ topicName: topic, partition, baseOffset }) => [
        partitionId({ topic, partition }),
        BigInt(baseOffset ?? -1),
      ]),
    )
    // Records of one partition keep their order, so the n-th has the base offset plus n.
    return records.map(({ topic }, index): RecordMetadata => {
      const message = messages[index]
      const partition = (message && chosen.get(message)) ?? -1
      const id = partitionId({ topic, partition })
      const offset = nextOffsets.get(id)
      if (offset === undefined || offset < 0n) return { topic, partition }
      nextOffsets.set(id, offset + 1n)
      return { topic, partition, offset }
    })
  }

  return {
    async send(records) {
      try {
        const producer = await connected()
        const metadata: RecordMetadata[] = []
        for (const part of requests(records, settings['max.request.size']))
          metadata.push(...(await sendOnce(producer, part)))
        return metadata
      } catch (thrown) {
        const error = explain(thrown)
        const topics = [...new Set(records.map(({ topic }) => topic))].join(', ')
        const message = `Kafka did not acknowledge ${records.length} records for ${topics}: ${messageOf(error)}`
        throw new (isPassing(error) ? RetriableError : ConnectError)(message, { cause: error, context: { topics } })
      }
    },
    async close() {
      const opened = await Promise.allSettled([connecting])
      for (const each of opened) if (each.status === 'fulfilled') await each.value?.disconnect()
    },
  }
}

const toMessage = ({ key, value, headers, partition, timestamp }: ProducerRecord): Message => ({
  key,
  value,
  ...(headers.length > 0 && { headers: fromHeaders(headers) }),
  ...(partition !== undefined && { partition }),
  ...(timestamp !== undefined && { timestamp: String(timestamp) }),
})

const mostRetries = 10
const recordOverhead = 70

/** Brokers take about 1 MB at once (`message.max.bytes`), and kafkajs makes one batch of all that goes to a partition. */
function* requests(records: readonly ProducerRecord[], requestBytes: number): Generator<readonly ProducerRecord[]> {
  let from = 0
  let bytes = 0
  for (const [index, record] of records.entries()) {
    const size = sizeOf(record)
    if (index > from && bytes + size > requestBytes) {
      yield records.slice(from, index)
      from = index
      bytes = 0
    }
    bytes += size
  }
  yield records.slice(from)
}

const sizeOf = ({ key, value, headers }: ProducerRecord): number =>
  headers.reduce(
    (sum, header) => sum + header.key.length + (header.value?.length ?? 0),
    recordOverhead + (key?.length ?? 0) + (value?.length ?? 0),
  )

/** Whether the same records may be taken later: what a broker refuses says so itself, anything else is the network's. */
function isPassing(error: unknown): boolean {
  if (isFinal(error)) return false
  const refusal = findRefusal(error)
  // One of ours that is not final: a token endpoint that does not answer.
  return refusal ? refusal.retriable : error instanceof KafkaJSError || ConnectError.is(error)
}

function findRefusal(error: unknown): { readonly retriable: boolean } | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('type' in error && 'retriable' in error) return { retriable: error.retriable === true }
  return 'cause' in error ? findRefusal(error.cause) : undefined
}
