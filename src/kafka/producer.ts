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

  return {
    async send(records) {
      const messages = records.map(toMessage)
      const byTopic = groupBy(records.keys(), (index) => records[index]?.topic ?? '')
      try {
        await connected()
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
      } catch (error) {
        const topics = [...byTopic.keys()].join(', ')
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

/** Whether the same records may be taken later: everything but what Kafka refuses for good. */
function isPassing(error: unknown): boolean {
  const refused = [
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_TOPIC_EXCEPTION',
    'TOPIC_AUTHORIZATION_FAILED',
  ]
  const type = findType(error)
  return type === undefined ? error instanceof KafkaJSError : !refused.includes(type)
}

function findType(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('type' in error && typeof error.type === 'string') return error.type
  return 'cause' in error ? findType(error.cause) : undefined
}
