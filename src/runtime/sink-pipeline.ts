import type { Header, SchemaAndValue, SinkRecord } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import type { TaskConverters } from './converters.ts'
import type { ErrorOperator, Failure, Stage } from './error-operator.ts'
import { pending } from './pending.ts'
import type { TransformChain } from './transform-chain.ts'

export interface SinkPipelineOptions extends TaskConverters {
  readonly chain: TransformChain
  readonly errors: ErrorOperator<KafkaRecord>
}

/**
 * Records of Kafka become records of the task: converted, then transformed. Order is kept. A record that fails is retried, skipped
 * or fails the whole, as the error operator decides. Where nothing has to be waited for, no promise is made.
 */
export function createSinkPipeline({ key, value, header, chain, errors }: SinkPipelineOptions) {
  /** Where the record at hand is, for the report of a failure. */
  let stage: Stage = 'KEY_CONVERTER'
  let hasConverted = false

  const executing = (): string => {
    if (stage === 'TRANSFORMATION') return chain.failed()
    if (stage === 'HEADER_CONVERTER') return header.name
    return stage === 'KEY_CONVERTER' ? key.name : value.name
  }
  const failureOf = (error: unknown): Failure => ({ stage, executing: executing(), error })

  function now(raw: KafkaRecord): readonly SinkRecord[] | undefined {
    stage = 'KEY_CONVERTER'
    const keyData = key.converter.toConnectData(raw.topic, raw.key)
    if (keyData instanceof Promise) return pending(keyData)
    stage = 'VALUE_CONVERTER'
    const valueData = value.converter.toConnectData(raw.topic, raw.value)
    if (valueData instanceof Promise) return pending(valueData)
    return transformed(raw, keyData, valueData)
  }

  async function later(raw: KafkaRecord): Promise<readonly SinkRecord[]> {
    stage = 'KEY_CONVERTER'
    const keyData = await key.converter.toConnectData(raw.topic, raw.key)
    stage = 'VALUE_CONVERTER'
    const valueData = await value.converter.toConnectData(raw.topic, raw.value)
    return transformed(raw, keyData, valueData)
  }

  function transformed(raw: KafkaRecord, keyData: SchemaAndValue, valueData: SchemaAndValue): readonly SinkRecord[] {
    const headers = raw.headers.length > 0 ? convertHeaders(raw) : none
    hasConverted = true
    stage = 'TRANSFORMATION'
    return chain.apply(toSinkRecord(raw, keyData, valueData, headers))
  }

  function convertHeaders({ topic, headers }: KafkaRecord): readonly Header[] {
    stage = 'HEADER_CONVERTER'
    return headers.map((each) => {
      const data = header.converter.toConnectHeader(topic, each.key, each.value)
      return { key: each.key, value: data.value, schema: data.schema }
    })
  }

  let current: KafkaRecord | undefined

  /**
   * Appends what the records become to `out`; after a throw `out` holds what came before the failure. Resolves with whether any record
   * could be converted.
   */
  async function process(records: readonly KafkaRecord[], out: SinkRecord[]): Promise<boolean> {
    hasConverted = false
    for (const raw of records) {
      current = raw
      let results: readonly SinkRecord[] | undefined
      try {
        results = now(raw) ?? (await later(raw))
      } catch (error) {
        results = await errors.recover(raw, failureOf(error), () => later(raw), failureOf)
      }
      if (results) for (const result of results) out.push(result)
    }
    current = undefined
    return hasConverted
  }

  return {
    process,
    /** The record that made `process` throw. */
    current: () => current,
  }
}

export function toSinkRecord(
  raw: KafkaRecord,
  key: SchemaAndValue,
  value: SchemaAndValue,
  headers: readonly Header[],
): SinkRecord {
  return {
    topic: raw.topic,
    partition: raw.partition,
    key: key.value,
    keySchema: key.schema,
    value: value.value,
    valueSchema: value.schema,
    // Kafka's word for no timestamp is -1.
    timestamp: raw.timestamp < 0 ? undefined : raw.timestamp,
    headers,
    path: unsplit,
    // The raw record itself: it has the coordinates, and is at hand for the dead letter queue.
    origin: raw,
  }
}

const none: SinkRecord['headers'] = []
const unsplit: readonly number[] = []
