import type { RecordMetadata as Answer, ICustomPartitioner, Message, ProducerBatch } from 'kafkajs'
import type { RecordMetadata } from '#api'
import { ConnectError, messageOf, RetriableError } from '#api'
import { compressionTypes } from './codecs.ts'
import type { Connection } from './connections.ts'
import { KafkaJSError, Partitioners } from './kafkajs.ts'
import { fromHeaders } from './messages.ts'
import { groupBy, partitionId } from './partition-map.ts'
import type { ProducerRecord } from './ports.ts'
import { isFinal } from './refusals.ts'

/** What producers of every kind have in common: how records become requests, and answers metadata. */
export interface RecordSender {
  /** For kafkajs; a message keeps the partition that was chosen first, however often it is sent again. */
  readonly createPartitioner: ICustomPartitioner
  /** In requests of about `max.request.size`, one after the other; the answers in the order of the records. */
  send(
    sendBatch: (batch: ProducerBatch) => Promise<readonly Answer[]>,
    records: readonly ProducerRecord[],
  ): Promise<readonly RecordMetadata[]>
}

export function createRecordSender({ producer: settings, connection }: Connection['settings']): RecordSender {
  const chosen = new WeakMap<Message, number>()
  const acks = settings.acks === 'all' ? -1 : Number(settings.acks)
  const compression = compressionTypes[settings['compression.type']]
  const timeout = connection['request.timeout.ms']

  async function sendOnce(
    sendBatch: (batch: ProducerBatch) => Promise<readonly Answer[]>,
    records: readonly ProducerRecord[],
  ): Promise<readonly RecordMetadata[]> {
    const messages = records.map(toMessage)
    const byTopic = groupBy(records.keys(), (index) => records[index]?.topic ?? '')
    const answers = await sendBatch({
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
      // kafkajs asks nobody for a partition that moved, between two tries, to a broker that had answered already.
      if (offset === undefined && acks !== 0) throw new RetriableError(`No broker has answered for ${id}.`)
      if (offset === undefined || offset < 0n) return { topic, partition }
      nextOffsets.set(id, offset + 1n)
      return { topic, partition, offset }
    })
  }

  return {
    createPartitioner: () => {
      const partitioner = Partitioners.DefaultPartitioner()
      return (args) => {
        const partition = chosen.get(args.message) ?? partitioner(args)
        chosen.set(args.message, partition)
        return partition
      }
    },
    async send(sendBatch, records) {
      const metadata: RecordMetadata[] = []
      for (const part of requests(records, settings['max.request.size']))
        metadata.push(...(await sendOnce(sendBatch, part)))
      return metadata
    },
  }
}

/** Says of which records Kafka did not take, and whether it may help to try again; `mayPass` answers for what a broker calls final. */
export function notAcknowledged(
  records: readonly ProducerRecord[],
  error: unknown,
  mayPass = isPassing(error),
): ConnectError {
  const topics = [...new Set(records.map(({ topic }) => topic))].join(', ')
  const message = `Kafka did not acknowledge ${records.length} records for ${topics}: ${messageOf(error)}`
  return new (mayPass ? RetriableError : ConnectError)(message, { cause: error, context: { topics } })
}

const toMessage = ({ key, value, headers, partition, timestamp }: ProducerRecord): Message => ({
  key,
  value,
  ...(headers.length > 0 && { headers: fromHeaders(headers) }),
  ...(partition !== undefined && { partition }),
  ...(timestamp !== undefined && { timestamp: String(timestamp) }),
})

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
export function isPassing(error: unknown): boolean {
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
