import {
  all,
  atLeast,
  ConfigError,
  ConnectError,
  defineConfig,
  defineSource,
  type Ingress,
  type IngressAnswer,
  messageOf,
  nonEmpty,
  RetriableError,
  type SourceRecord,
} from '#api'
import { createDeduplicator } from './deduplicate.ts'
import { failedAnswer, okAnswer, refusedAnswer, topicNotAllowed } from './ingress-answers.ts'
import { createIngressQueue, type Place } from './ingress-queue.ts'
import { ingressExpression, ingressExpressions } from './ingress-template.ts'
import { fitKey, fitMessage, readJson } from './read-json.ts'
import { createSchemaCache } from './schema-cache.ts'
import { asText, compiles, compileTemplate } from './template.ts'

const maxBatch = 500
const idleMs = 1000
const compile = (text: string) => compileTemplate(text, ingressExpression, asText)

const config = defineConfig({
  channels: {
    type: 'list',
    importance: 'high',
    doc: 'The channels that clients may publish to, separated by commas: names such as `reports` or patterns such as `report:*`. In a pattern `*` is one whole segment, as the last one the rest.',
    validator: nonEmpty,
  },
  topic: {
    type: 'string',
    importance: 'high',
    default: null,
    doc: 'The topic that messages go to. Either this or `topic.template` is set.',
    validator: nonEmpty,
  },
  'topic.template': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `The topic that a message goes to, such as \`reports.#{channel.1}\`. Between \`#{\` and \`}\` may stand ${ingressExpressions}. What comes out must be one of \`topics.allow\`.`,
    validator: all(nonEmpty, compiles(compile)),
  },
  'topics.allow': {
    type: 'list',
    importance: 'medium',
    default: [],
    doc: 'The topics that `topic.template` may name; a message for any other is refused.',
  },
  key: {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: `The record's key: a template such as \`#{client}\`. Between \`#{\` and \`}\` may stand ${ingressExpressions}. Without it the record has the key that the client sent with its message, if any.`,
    validator: all(nonEmpty, compiles(compile)),
  },
  'schema.fit': {
    type: 'boolean',
    importance: 'medium',
    default: true,
    doc: "Whether a message must fit the schema of its topic's values as it comes. Switch it off when transformations give the message another shape: then only what comes out of them is checked, by the converter.",
  },
  'ingress.max.pending': {
    type: 'int',
    importance: 'medium',
    default: 1000,
    doc: 'The most messages that may wait for the acknowledgement of Kafka; further ones are refused with `busy`.',
    validator: atLeast(1),
  },
  'ingress.max.pending.bytes': {
    type: 'long',
    importance: 'medium',
    default: 8_388_608,
    doc: 'The most bytes of messages that may wait for the acknowledgement of Kafka; further ones are refused with `busy`.',
    validator: atLeast(1),
  },
  'ingress.stall.ms': {
    type: 'long',
    importance: 'low',
    default: 5000,
    doc: 'When a message has waited this long for the acknowledgement of Kafka, new ones are refused with `kafka_unavailable`. Those that wait go on waiting.',
    validator: atLeast(1),
  },
  'deduplicate.max.producers': {
    type: 'int',
    importance: 'low',
    default: 10_000,
    doc: 'The most producers (authenticated clients that gave a name), and the most sessions of others, whose `messageId`s are remembered; the least recently seen is forgotten first.',
    validator: atLeast(1),
  },
})

/** Takes what clients publish on the gateway's channels into Kafka. */
export const webSocketServerSource = defineSource({
  name: 'WebSocketServerSource',
  version: '1.0.0',
  doc: "Takes the messages that clients publish on the gateway's channels into a topic. A message is acknowledged only after Kafka has acknowledged it; one that does not fit the topic's schema is refused with the field and the reason. It stores no source offset: what was not acknowledged is the client's to send again, and `messageId` lets it do so without a duplicate within one process.",
  config,
  placement: 'everyWorker',

  check(options) {
    const complaints = []
    if ((options.topic === null) === (options['topic.template'] === null)) {
      complaints.push({ key: 'topic', error: 'either topic or topic.template must be set, and not both' })
    }
    if (options['topic.template'] !== null && options['topics.allow'].length === 0) {
      complaints.push({ key: 'topics.allow', error: 'must name the topics that topic.template may make' })
    }
    return complaints
  },

  startTask(context) {
    const { config: options, signal, clock, log } = context
    if (!context.gateway) {
      throw new ConfigError('WebSocketServerSource needs a gateway, and this worker runs none: switch its gateway on.')
    }
    const topicOf = options['topic.template'] === null ? () => options.topic ?? '' : compile(options['topic.template'])
    const keyOf = options.key === null ? undefined : compile(options.key)
    const valueSchema = createSchemaCache((topic) => context.valueSchema(topic), clock, log)
    const keySchema = createSchemaCache((topic) => context.keySchema(topic), clock, log)
    const deduplicate = createDeduplicator(options['deduplicate.max.producers'])
    const queue = createIngressQueue({
      maxMessages: options['ingress.max.pending'],
      maxBytes: options['ingress.max.pending.bytes'],
      stallMs: options['ingress.stall.ms'],
      clock,
    })

    const schemasOf = async (topic: string, keyed: boolean) => {
      try {
        // Awaited either way: a message without a key must not overtake one with a key.
        return { key: await (keyed ? keySchema(topic) : undefined), value: await valueSchema(topic) }
      } catch (cause) {
        throw new RetriableError(`The schemas of topic ${topic} cannot be had: ${messageOf(cause)}`, { cause })
      }
    }

    const toRecord = async (ingress: Ingress, tag: Place): Promise<SourceRecord> => {
      const json = readJson(ingress.data)
      const scope = { ingress, value: json }
      const topic = topicOf(scope)
      if (options.topic === null && !options['topics.allow'].includes(topic)) throw topicNotAllowed()
      const key = keyOf ? keyOf(scope) : (ingress.key ?? null)
      const schemas = await schemasOf(topic, key !== null)
      return {
        topic,
        key: fitKey(schemas.key, key),
        keySchema: schemas.key ?? (key === null ? undefined : { type: 'string' }),
        value: fitMessage(options['schema.fit'] ? schemas.value : undefined, json),
        valueSchema: options['schema.fit'] ? schemas.value : undefined,
        timestamp: ingress.receivedAt,
        headers: [],
        path: [],
        sourcePartition: { connector: context.connector },
        sourceOffset: {},
        tag,
      }
    }

    const accept = async (ingress: Ingress): Promise<IngressAnswer> => {
      const size = Buffer.byteLength(ingress.data)
      const refusal = queue.refusal(size)
      if (refusal) return refusal
      const place = queue.enter(size)
      try {
        queue.offer(await toRecord(ingress, place))
      } catch (error) {
        if (!ConnectError.is(error) || error.retriable)
          log.warn({ reason: messageOf(error) }, 'a published message was refused')
        place.answer(refusedAnswer(error))
      }
      return place.answered
    }

    const feed = context.gateway.attachSource({
      connector: context.connector,
      channels: options.channels,
      publish: (ingress) => deduplicate(ingress, () => accept(ingress)),
    })

    return {
      poll: () => queue.take(maxBatch, idleMs, signal),
      commitRecord(record, metadata, error) {
        const place = record.tag as Place
        place.answer(error === undefined ? okAnswer(metadata) : failedAnswer(error))
      },
      upstream: ({ reachable }) => queue.upstream(reachable),
      paused: (isPaused) => queue.pause(isPaused),
      stop() {
        feed.detach()
        queue.close()
      },
    }
  },
})
