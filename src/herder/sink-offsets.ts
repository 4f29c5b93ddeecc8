import { type AlteredOffset, BadRequestError, ConflictError, ConnectError, type TopicPartition } from '#api'
import type { ClientProps, KafkaClient } from '../kafka/index.ts'

export interface SinkOffset extends TopicPartition {
  /** Null forgets the partition. */
  readonly offset: bigint | null
}

/** The consumer group of a sink, and how the connector's admin client reaches it. */
export interface SinkGroup {
  readonly id: string
  readonly admin: ClientProps
}

/** Reads what REST was given, in Kafka Connect's words; numbers may be text. Throws `BadRequestError`. */
export const parseSinkOffsets = (offsets: readonly AlteredOffset[]): readonly SinkOffset[] => offsets.map(parseOne)

function parseOne({ partition: given, offset }: AlteredOffset): SinkOffset {
  // REST passes on what it was sent.
  const partition = given as AlteredOffset['partition'] | null | undefined
  if (partition === null || partition === undefined)
    throw new BadRequestError('The partition for a sink connector offset cannot be null or missing')
  if (!('kafka_topic' in partition && 'kafka_partition' in partition))
    throw new BadRequestError(
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    )
  const { kafka_topic: topic, kafka_partition: number } = partition
  if (topic === null) throw new BadRequestError('Kafka topic names must be valid strings and may not be null')
  if (number === null) throw new BadRequestError('Kafka partitions must be valid numbers and may not be null')
  const index = toInteger(number, 31n)
  if (index === undefined)
    throw new BadRequestError(
      `Failed to parse the following Kafka partition value in the provided offsets: '${text(number)}'. Partition values for sink connectors need to be integers.`,
    )
  return { topic: text(topic), partition: Number(index), offset: parseOffset(offset) }
}

function parseOffset(offset: AlteredOffset['offset'] | undefined): bigint | null {
  if (offset === null || offset === undefined) return null
  if (!('kafka_offset' in offset))
    throw new BadRequestError("The offset for a sink connector should either be null or contain the key 'kafka_offset'")
  const parsed = toInteger(offset['kafka_offset'], 63n)
  if (parsed !== undefined) return parsed
  throw new BadRequestError(
    `Failed to parse the following Kafka offset value in the provided offsets: '${text(offset['kafka_offset'])}'. Offset values for sink connectors need to be integers.`,
  )
}

/** Java's `parseInt` and `parseLong` of the value's text. */
function toInteger(value: unknown, bits: bigint): bigint | undefined {
  const digits = text(value)
  if (!/^[+-]?\d{1,40}$/.test(digits)) return undefined
  const number = BigInt(digits.replace('+', ''))
  return number >= -(2n ** bits) && number < 2n ** bits ? number : undefined
}

const text = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

/** As REST shows a group's offsets, and as `alterOffsets` of a sink is given them. */
export const shownSinkOffset = ({ topic, partition, offset }: SinkOffset): AlteredOffset => ({
  partition: { kafka_topic: topic, kafka_partition: partition },
  offset: offset === null ? null : { kafka_offset: Number.isSafeInteger(Number(offset)) ? Number(offset) : offset },
})

/** Every partition that the group has a committed offset of, by topic and partition. */
export async function sinkOffsets(
  connector: string,
  { id, admin }: SinkGroup,
  kafka: KafkaClient,
): Promise<readonly SinkOffset[]> {
  try {
    // No topics: all of them.
    const committed = await kafka.committed(id, [], admin)
    return committed.toSorted((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))
  } catch (cause) {
    throw new ConnectError(`Failed to retrieve consumer group offsets for sink connector ${connector}`, { cause })
  }
}

export async function alterSinkOffsets(
  connector: string,
  { id, admin }: SinkGroup,
  offsets: readonly SinkOffset[],
  kafka: KafkaClient,
): Promise<void> {
  const negative = offsets.find(({ partition, offset }) => partition < 0 || (offset !== null && offset < 0n))
  if (negative) throw new ConnectError(`Failed to modify offsets for sink connector ${connector}`)
  try {
    await kafka.alterOffsets(id, offsets, admin)
  } catch (cause) {
    throw new ConnectError(`Failed to alter consumer group offsets for connector ${connector}${busy(cause, 'alter')}`, {
      cause,
    })
  }
}

export async function resetSinkOffsets(connector: string, { id, admin }: SinkGroup, kafka: KafkaClient): Promise<void> {
  try {
    await kafka.deleteGroup(id, admin)
  } catch (cause) {
    const hint = busy(cause, 'reset')
    const which = hint === '' ? 'sink connector' : 'connector'
    throw new ConnectError(`Failed to reset consumer group offsets for ${which} ${connector}${hint}`, { cause })
  }
}

/** What Kafka Connect adds when the group still has members. */
function busy(error: unknown, verb: 'alter' | 'reset'): string {
  if (!(ConnectError.is(error) && error.code === ConflictError.code)) return ''
  return ` either because its tasks haven't stopped completely yet or the connector was resumed before the request to ${verb} its offsets could be successfully completed. If the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks.`
}
