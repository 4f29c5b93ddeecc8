import type { Header, MaybePromise, SourceRecord } from '#api'
import type { KafkaHeader, ProducerRecord } from '../kafka/index.ts'
import type { TaskConverters } from './converters.ts'
import type { Outgoing } from './delivery.ts'
import type { ErrorOperator, Failure, Stage } from './error-operator.ts'
import { pending } from './pending.ts'
import type { TransformChain } from './transform-chain.ts'

export interface SourcePipelineOptions extends TaskConverters {
  readonly chain: TransformChain
  readonly errors: ErrorOperator<SourceRecord>
}

/**
 * A task's record as what goes to Kafka: transformed, then converted (headers, key, value, as Kafka Connect does). Where nothing has to
 * be waited for, no promise is made.
 */
export function createSourcePipeline(options: SourcePipelineOptions): (record: SourceRecord) => MaybePromise<Outgoing> {
  const { key, value, header, chain, errors } = options
  let stage: Stage = 'TRANSFORMATION'

  const executing = (): string => {
    if (stage === 'TRANSFORMATION') return chain.failed()
    if (stage === 'HEADER_CONVERTER') return header.name
    return stage === 'KEY_CONVERTER' ? key.name : value.name
  }
  const failureOf = (error: unknown): Failure => ({ stage, executing: executing(), error })
  const convertHeaders = ({ topic, headers }: SourceRecord): readonly KafkaHeader[] => {
    if (headers.length === 0) return none
    stage = 'HEADER_CONVERTER'
    return headers.map((each: Header) => ({
      key: each.key,
      value: header.converter.fromConnectHeader(topic, each.key, each.schema, each.value),
    }))
  }
  const convertKey = ({ topic, keySchema, key: data }: SourceRecord) => {
    stage = 'KEY_CONVERTER'
    return key.converter.fromConnectData(topic, keySchema, data)
  }
  const convertValue = ({ topic, valueSchema, value: data }: SourceRecord) => {
    stage = 'VALUE_CONVERTER'
    return value.converter.fromConnectData(topic, valueSchema, data)
  }

  /** Undefined when a converter has to ask a registry first. */
  function now(record: SourceRecord): Outgoing | undefined {
    stage = 'TRANSFORMATION'
    const messages: ProducerRecord[] = []
    for (const part of chain.apply(record)) {
      const headers = convertHeaders(part)
      const keyBytes = convertKey(part)
      if (keyBytes instanceof Promise) return pending(keyBytes)
      const valueBytes = convertValue(part)
      if (valueBytes instanceof Promise) return pending(valueBytes)
      messages.push(toMessage(part, keyBytes, valueBytes, headers))
    }
    return { record, messages }
  }

  async function later(record: SourceRecord): Promise<Outgoing> {
    stage = 'TRANSFORMATION'
    const messages: ProducerRecord[] = []
    for (const part of chain.apply(record)) {
      const headers = convertHeaders(part)
      messages.push(toMessage(part, await convertKey(part), await convertValue(part), headers))
    }
    return { record, messages }
  }

  async function recover(record: SourceRecord, error: unknown): Promise<Outgoing> {
    const recovered = await errors.recover(record, failureOf(error), () => later(record), failureOf)
    return recovered ?? { record, messages: [], error }
  }

  return (record) => {
    try {
      return now(record) ?? later(record).catch((error: unknown) => recover(record, error))
    } catch (error) {
      return recover(record, error)
    }
  }
}

function toMessage(
  { topic, partition, timestamp }: SourceRecord,
  key: Buffer | null,
  value: Buffer | null,
  headers: readonly KafkaHeader[],
): ProducerRecord {
  // -1 is Kafka's word for no timestamp; the broker gives one then.
  return { topic, partition, timestamp: timestamp === -1 ? undefined : timestamp, key, value, headers }
}

const none: readonly KafkaHeader[] = []
