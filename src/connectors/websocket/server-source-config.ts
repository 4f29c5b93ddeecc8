import { all, atLeast, between, type ConfigOf, defineConfig, nonEmpty } from '#api'
import { compiles } from '../common/template.ts'
import { compileIngress } from './ingress-record.ts'
import { ingressExpressions } from './ingress-template.ts'

/** The keys of `WebSocketServerSource`. */
export const serverSourceConfig = defineConfig({
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
    validator: all(nonEmpty, compiles(compileIngress)),
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
    validator: all(nonEmpty, compiles(compileIngress)),
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
    doc: 'The most messages that may wait for the acknowledgement of Kafka; further ones are refused with `busy`. With exactly once, on each worker for the lanes and in each lane.',
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
    doc: 'When a message has waited this long for the acknowledgement of Kafka, new ones are refused with `kafka_unavailable`. Those that wait go on waiting; with exactly once, those that wait for a lane are refused too, so that a client can send them again elsewhere.',
    validator: atLeast(1),
  },
  'deduplicate.max.producers': {
    type: 'int',
    importance: 'low',
    default: 10_000,
    doc: 'The most producers (authenticated clients that gave a name), and the most sessions of others, whose `messageId`s are remembered; the least recently seen is forgotten first. With exactly once it counts sessions and producers of which nothing is stored yet; `ingress.max.producers` counts the others.',
    validator: atLeast(1),
  },
  'ingress.lanes': {
    type: 'int',
    importance: 'medium',
    default: 4,
    doc: 'With exactly once: how many tasks, each with a transaction of its own, share the producers; `tasks.max` may not be lower. It may be changed: a producer finds its last id in its new lane.',
    validator: between(1, 1000),
  },
  'ingress.producer.retention.ms': {
    type: 'long',
    importance: 'low',
    default: 604_800_000,
    doc: 'With exactly once: when nothing of a producer was stored for this long, what it sent before is refused with `producer_expired` instead of being called a duplicate. Higher ids are taken as ever.',
    validator: atLeast(1),
  },
  'ingress.max.producers': {
    type: 'int',
    importance: 'low',
    default: 100_000,
    doc: 'With exactly once: the most producers of each lane of which something is stored. None is forgotten for another, since a resend could not be told then: messages of further ones are refused with `too_many_producers`. Deleting the offsets of the stopped connector makes room.',
    validator: atLeast(1),
  },
})

export type ServerSourceConfig = ConfigOf<typeof serverSourceConfig>
