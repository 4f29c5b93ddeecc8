import type { PreviewedMessage, SchemaAndValue, SinkRecord } from '#api'
import { toJson } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import type { TaskConverters } from './converters.ts'
import { describeConsumed } from './describe-record.ts'
import { failureText, type Stage } from './error-operator.ts'
import { javaClasses } from './java-names.ts'
import type { PreviewedRecord, PreviewStage } from './preview-types.ts'
import { toSinkRecord } from './sink-pipeline.ts'
import type { TransformChain } from './transform-chain.ts'

export type MessagesOf = (records: readonly SinkRecord[]) => readonly PreviewedMessage[]

export interface PreviewerOptions extends TaskConverters {
  readonly chain: TransformChain
  /** Absent: the sink does not tell what it would send. */
  readonly messagesOf: MessagesOf | undefined
}

interface At {
  readonly stage: string
  readonly class?: string
  readonly kind: Stage
}

/** Takes one record through all stages; where it fails is the last one. */
export function createPreviewer({ key, value, header, chain, messagesOf }: PreviewerOptions) {
  return async (raw: KafkaRecord): Promise<readonly PreviewStage[]> => {
    const stages: PreviewStage[] = []
    let at: At = { stage: 'key.converter', class: key.name, kind: 'KEY_CONVERTER' }
    const show = (records: readonly PreviewedRecord[]): void => {
      const { kind: _, ...named } = at
      stages.push({ ...named, records })
    }
    try {
      const nothing: SchemaAndValue = { value: null }
      const keyData = await key.converter.toConnectData(raw.topic, raw.key)
      show([plainRecord(toSinkRecord(raw, keyData, nothing, []))])
      at = { stage: 'value.converter', class: value.name, kind: 'VALUE_CONVERTER' }
      const valueData = await value.converter.toConnectData(raw.topic, raw.value)
      show([plainRecord(toSinkRecord(raw, keyData, valueData, []))])
      at = { stage: 'header.converter', class: header.name, kind: 'HEADER_CONVERTER' }
      const headers = raw.headers.map((each) => {
        const data = header.converter.toConnectHeader(raw.topic, each.key, each.value)
        return { key: each.key, value: data.value, schema: data.schema }
      })
      let records: readonly SinkRecord[] = [toSinkRecord(raw, keyData, valueData, headers)]
      show(records.map(plainRecord))
      for (const step of chain.steps) {
        if (records.length === 0) break
        at = { stage: step.alias, class: step.name, kind: 'TRANSFORMATION' }
        records = step.apply(records)
        show(records.map(plainRecord))
      }
      if (!messagesOf || records.length === 0) return stages
      at = { stage: 'route', kind: 'TASK_PUT' }
      const sent = records.flatMap((record) =>
        messagesOf([record]).map(({ channel, message }) => ({
          record: { ...plainRecord(record), ...(channel !== undefined && { channel }) },
          message,
        })),
      )
      if (sent.some(({ record }) => 'channel' in record)) show(sent.map(({ record }) => record))
      at = { stage: 'message', kind: 'TASK_PUT' }
      show(sent.map(({ record, message }) => withMessage(record, message)))
    } catch (error) {
      const { kind, ...named } = at
      const failure = { stage: kind, executing: named.class ?? javaClasses.sinkTask, error }
      stages.push({ ...named, records: [], error: failureText(failure, describeConsumed(raw, error, true)) })
    }
    return stages
  }
}

const withMessage = (record: PreviewedRecord, message: string | undefined): PreviewedRecord =>
  message === undefined ? record : { ...record, message }

/** A record as data: what JSON cannot hold is text. */
function plainRecord({ topic, partition, timestamp, key, value, headers }: SinkRecord): PreviewedRecord {
  return {
    topic,
    ...(partition !== undefined && { partition }),
    ...(timestamp !== undefined && { timestamp }),
    key: plain(key),
    value: plain(value),
    headers: headers.map((header) => ({ key: header.key, value: plain(header.value) })),
  }
}

const plain = (value: unknown): unknown => JSON.parse(toJson(value))
