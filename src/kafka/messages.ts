import type { FetchedMessage, FetchedPartition } from './internals.ts'
import type { KafkaHeader, KafkaRecord } from './ports.ts'

/** A message of kafkajs as our record. */
export function toRecord(topic: string, partition: number, message: FetchedMessage): KafkaRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestamp: Number(message.timestamp),
    timestampType: message.batchContext?.timestampType === 1 ? 'LogAppendTime' : 'CreateTime',
    key: message.key,
    value: message.value,
    headers: message.headers ? toHeaders(message.headers) : none,
  }
}

const none: readonly KafkaHeader[] = []

function toHeaders(headers: NonNullable<FetchedMessage['headers']>): readonly KafkaHeader[] {
  return Object.entries(headers).flatMap(([key, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => ({
      key,
      value: typeof value === 'string' ? Buffer.from(value) : (value ?? null),
    })),
  )
}

/**
 * kafkajs wants an object: headers of one name become a list; the order across names is lost, and null is written as no bytes
 * (docs/differences.md).
 */
export function fromHeaders(headers: readonly KafkaHeader[]): Record<string, Buffer | Buffer[]> {
  const result = Object.create(null) as Record<string, Buffer | Buffer[]>
  for (const { key, value: bytes } of headers) {
    const value = bytes ?? noBytes
    const former = result[key]
    result[key] = former === undefined ? value : Array.isArray(former) ? [...former, value] : [former, value]
  }
  return result
}

const noBytes = Buffer.alloc(0)

/**
 * What a fetch from `from` is to show: a fetch starts at a batch's beginning, so older records are dropped,
 * and so are control records and those of aborted transactions.
 */
export function visibleMessages(fetched: FetchedPartition, from: bigint): readonly FetchedMessage[] {
  if (isPlain(fetched, from)) return fetched.messages
  const aborted = [...(fetched.abortedTransactions ?? [])].toSorted((a, b) =>
    Number(BigInt(a.firstOffset) - BigInt(b.firstOffset)),
  )
  const open = new Set<string>()
  return fetched.messages.filter((message) => {
    const offset = BigInt(message.offset)
    while (aborted[0] && offset >= BigInt(aborted[0].firstOffset)) open.add(aborted.shift()?.producerId ?? '')
    const { producerId = '', inTransaction = false } = message.batchContext ?? {}
    if (message.isControlRecord) {
      open.delete(producerId)
      return false
    }
    return offset >= from && !(inTransaction && open.has(producerId))
  })
}

/** Whether there is nothing to drop, as nearly always: then no offset needs to be parsed twice. */
function isPlain({ messages, abortedTransactions = [] }: FetchedPartition, from: bigint): boolean {
  const [first] = messages
  if (!first || abortedTransactions.length > 0 || BigInt(first.offset) < from) return false
  return !messages.some(({ isControlRecord }) => isControlRecord)
}
