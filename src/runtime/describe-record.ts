import { ConnectError, type SourceRecord, toJson } from '#api'
import type { KafkaRecord } from '../kafka/index.ts'
import { hexdump, natureOf } from './hexdump.ts'

/** A failed record in words. */
export interface Description {
  /** Where it is from. */
  readonly where: string
  /** What it looks like and which schema was tried: for the trace, after the error's message. */
  readonly details: string
  /** Kafka Connect's words in the log of errors. */
  readonly logged: string
  readonly facts: object
}

const schemaChars = 300
const valueChars = 256

/**
 * A poison record is named by where it is, its sizes and what it looks like. Its first bytes are shown only with
 * `errors.log.include.messages`: a trace is read over REST by more people than may read the topic.
 */
export function describeConsumed(raw: KafkaRecord, error: unknown, includeContents: boolean): Description {
  const { topic, partition, offset, timestamp, timestampType, key, value } = raw
  const schema = schemaTried(error)
  const look = (bytes: Buffer | null): string =>
    includeContents && bytes && bytes.length > 0 ? `${natureOf(bytes)}: ${hexdump(bytes)}` : natureOf(bytes)
  const stamp = timestampType === undefined ? '' : `, timestamp=${timestamp}, timestampType=${timestampType}`
  const shown = { key: look(key), value: look(value), ...(schema !== undefined && { schema }) }
  return {
    where: `${topic}-${partition}@${offset}`,
    details: ` (${Object.entries(shown)
      .map(([name, text]) => `${name}: ${text}`)
      .join('; ')})`,
    logged: `, where consumed record is {topic='${topic}', partition=${partition}, offset=${offset}${stamp}}`,
    facts: { topic, partition, offset: String(offset), timestamp, ...shown },
  }
}

export function describeProduced(record: SourceRecord): Description {
  const { topic, partition, key, value, timestamp, sourcePartition, sourceOffset } = record
  const text = (data: unknown): string => clip(toJson(data), valueChars)
  return {
    where: `a record for ${topic} from ${toJson(sourcePartition)}${toJson(sourceOffset)}`,
    details: '',
    logged: `, where source record is = SourceRecord{sourcePartition=${text(sourcePartition)}, sourceOffset=${text(sourceOffset)}} ConnectRecord{topic='${topic}', kafkaPartition=${partition ?? null}, key=${text(key)}, value=${text(value)}, timestamp=${timestamp ?? null}}`,
    facts: { topic, sourcePartition, sourceOffset },
  }
}

/** The schema that a converter says it has tried (`context.schemaId`, `context.schema`), in the error or what caused it. */
function schemaTried(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (!ConnectError.is(at)) continue
    const { schemaId, schema } = at.context
    const text =
      schema === undefined ? undefined : clip(typeof schema === 'string' ? schema : toJson(schema), schemaChars)
    if (schemaId !== undefined)
      return `id ${typeof schemaId === 'number' ? schemaId : toJson(schemaId)}${text === undefined ? '' : ` ${text}`}`
    if (text !== undefined) return text
  }
  return undefined
}

const clip = (text: string, chars: number): string => (text.length > chars ? `${text.slice(0, chars)}…` : text)
