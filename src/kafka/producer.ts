import type { Kafka, Message } from 'kafkajs'
import type { RecordMetadata } from '#api'
import { ConnectError, RetriableError } from '#api'
import { KafkaJSError, Partitioners } from './kafkajs.ts'
import { fromHeaders } from './messages.ts'
import { groupBy, partitionId } from './partition-map.ts'
import type { ProducerRecord, RecordProducer } from './ports.ts'

/** A producer that waits for all in-sync replicas; trying again is its caller's affair, so that it can say what it does. */
export async function startProducer(kafka: Kafka): Promise<RecordProducer> {
  const chosen = new WeakMap<Message, number>()
  const producer = kafka.producer({
    createPartitioner: () => {
      const partitioner = Partitioners.DefaultPartitioner()
      return (args) => {
        const partition = partitioner(args)
        chosen.set(args.message, partition)
        return partition
      }
    },
    allowAutoTopicCreation: true,
    maxInFlightRequests: 1,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
  })
  let connecting: Promise<void> | undefined

  /** Connects when first needed, so that a worker starts while Kafka is away. */
  async function connected(): Promise<void> {
    connecting ??= producer.connect()
    try {
      await connecting
    } catch (error) {
      connecting = undefined
      throw error
    }
  }

  async function sendOnce(records: readonly ProducerRecord[]): Promise<readonly RecordMetadata[]> {
    const messages = records.map(toMessage)
    const byTopic = groupBy(records.keys(), (index) => records[index]?.topic ?? '')
    const answers = await producer.sendBatch({
      acks: -1,
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
        await connected()
        const metadata: RecordMetadata[] = []
        for (const part of requests(records)) metadata.push(...(await sendOnce(part)))
        return metadata
      } catch (error) {
        const topics = [...new Set(records.map(({ topic }) => topic))].join(', ')
        const message = `Kafka did not acknowledge ${records.length} records for ${topics}: ${String(error)}`
        throw new (isPassing(error) ? RetriableError : ConnectError)(message, { cause: error, context: { topics } })
      }
    },
    async close() {
      await producer.disconnect()
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

/** Brokers take about 1 MB at once (`message.max.bytes`), and kafkajs makes one batch of all that goes to a partition. */
const requestBytes = 900_000
const recordOverhead = 70

function* requests(records: readonly ProducerRecord[]): Generator<readonly ProducerRecord[]> {
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
  const refusal = findRefusal(error)
  return refusal ? refusal.retriable : error instanceof KafkaJSError
}

function findRefusal(error: unknown): { readonly retriable: boolean } | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('type' in error && 'retriable' in error) return { retriable: error.retriable === true }
  return 'cause' in error ? findRefusal(error.cause) : undefined
}
