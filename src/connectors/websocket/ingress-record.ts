import { type Clock, type Ingress, type Logger, messageOf, RetriableError, type Schema, type SourceRecord } from '#api'
import { fitKey, fitMessage, readJson } from '../common/read-json.ts'
import { createSchemaCache } from '../common/schema-cache.ts'
import { asText, compileTemplate } from '../common/template.ts'
import { topicNotAllowed } from './ingress-answers.ts'
import { ingressExpression } from './ingress-template.ts'

export interface RecordOptions {
  readonly topic: string | null
  readonly 'topic.template': string | null
  readonly 'topics.allow': readonly string[]
  readonly key: string | null
  readonly 'schema.fit': boolean
}

export interface RecordContext {
  readonly config: RecordOptions
  readonly clock: Clock
  readonly log: Logger
  valueSchema(topic: string): Promise<Schema | undefined>
  keySchema(topic: string): Promise<Schema | undefined>
}

/** A record without its place in the source. */
export type IngressRecord = Omit<SourceRecord, 'sourcePartition' | 'sourceOffset'>

export const compileIngress = (text: string) => compileTemplate(text, ingressExpression, asText)

/** Makes records of what clients publish. Rejects with `DataError` for what does not fit, with `RetriableError` while the schemas cannot be had. */
export function createRecordMaker(context: RecordContext): (ingress: Ingress) => Promise<IngressRecord> {
  const { config, clock, log } = context
  const topicOf =
    config['topic.template'] === null ? () => config.topic ?? '' : compileIngress(config['topic.template'])
  const keyOf = config.key === null ? undefined : compileIngress(config.key)
  const valueSchema = createSchemaCache((topic) => context.valueSchema(topic), clock, log)
  const keySchema = createSchemaCache((topic) => context.keySchema(topic), clock, log)

  const schemasOf = async (topic: string, keyed: boolean) => {
    try {
      // Awaited either way: a message without a key must not overtake one with a key.
      return { key: await (keyed ? keySchema(topic) : undefined), value: await valueSchema(topic) }
    } catch (cause) {
      throw new RetriableError(`The schemas of topic ${topic} cannot be had: ${messageOf(cause)}`, { cause })
    }
  }

  return async (ingress) => {
    const json = readJson(ingress.data)
    const scope = { ingress, value: json }
    const topic = topicOf(scope)
    if (config.topic === null && !config['topics.allow'].includes(topic)) throw topicNotAllowed()
    const key = keyOf ? keyOf(scope) : (ingress.key ?? null)
    const schemas = await schemasOf(topic, key !== null)
    const valueFit = config['schema.fit'] ? schemas.value : undefined
    return {
      topic,
      key: fitKey(schemas.key, key),
      keySchema: schemas.key ?? (key === null ? undefined : { type: 'string' }),
      value: fitMessage(valueFit, json),
      valueSchema: valueFit,
      timestamp: ingress.receivedAt,
      headers: [],
      path: [],
    }
  }
}
