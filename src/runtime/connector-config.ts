import { atLeast, defineConfig, messageOf, nonEmpty } from '#api'
import { javaRegex } from '../util/java-regex.ts'

const errors = 'Error Handling'

const common = {
  name: {
    type: 'string',
    importance: 'high',
    group: 'Common',
    validator: connectorName,
    doc: 'The connector’s name, unique on the worker.',
  },
  'connector.class': {
    type: 'string',
    importance: 'high',
    group: 'Common',
    validator: nonEmpty,
    doc: 'The connector: its name, a Java class name that it answers to, or a module.',
  },
  'tasks.max': {
    type: 'int',
    importance: 'high',
    group: 'Common',
    default: 1,
    validator: atLeast(1),
    doc: 'The most tasks that the connector may run.',
  },
  'key.converter': {
    type: 'class',
    importance: 'low',
    group: 'Common',
    default: null,
    doc: 'The converter of keys; its options follow under `key.converter.`. The worker’s when absent, with the worker’s options.',
  },
  'value.converter': {
    type: 'class',
    importance: 'low',
    group: 'Common',
    default: null,
    doc: 'The converter of values; its options follow under `value.converter.`. The worker’s when absent, with the worker’s options.',
  },
  transforms: {
    type: 'list',
    importance: 'low',
    group: 'Transforms',
    default: [],
    doc: 'Aliases of the transformations, in the order in which they apply.',
  },
  predicates: {
    type: 'list',
    importance: 'low',
    group: 'Predicates',
    default: [],
    doc: 'Aliases of the predicates that transformations refer to.',
  },
  'errors.retry.timeout': {
    type: 'long',
    importance: 'medium',
    group: errors,
    default: 0,
    validator: atLeast(-1),
    doc: 'How long (ms) a conversion or transformation that may succeed later is tried again; 0: not, -1: for ever.',
  },
  'errors.retry.delay.max.ms': {
    type: 'long',
    importance: 'medium',
    group: errors,
    default: 60_000,
    validator: atLeast(1),
    doc: 'The longest wait (ms) between two tries.',
  },
  'errors.tolerance': {
    type: 'string',
    importance: 'medium',
    group: errors,
    default: 'none',
    values: ['none', 'all'],
    doc: '`none`: a record that cannot be converted or transformed fails the task. `all`: it is skipped.',
  },
  'errors.log.enable': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    default: false,
    doc: 'Whether each failed record is logged.',
  },
  'errors.log.include.messages': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    default: false,
    doc: 'Whether the log of a failed record tells its topic, partition, offset and timestamp.',
  },
} as const

/** The framework's keys of every source connector. */
export const sourceConfig = defineConfig(common)

/** The framework's keys of every sink connector. */
export const sinkConfig = defineConfig({
  ...common,
  topics: {
    type: 'list',
    importance: 'high',
    group: 'Common',
    default: [],
    doc: 'The topics to read. Either this or `topics.regex`.',
  },
  'topics.regex': {
    type: 'string',
    importance: 'high',
    group: 'Common',
    default: '',
    validator: topicsRegex,
    doc: 'A regular expression that whole topic names match.',
  },
  'errors.deadletterqueue.topic.name': {
    type: 'string',
    importance: 'medium',
    group: errors,
    default: '',
    doc: 'Where records go, byte for byte, that could not be converted, transformed or delivered. Empty: nowhere.',
  },
  'errors.deadletterqueue.topic.replication.factor': {
    type: 'short',
    importance: 'medium',
    group: errors,
    default: 3,
    doc: 'The replication factor of that topic, if it has to be created.',
  },
  'errors.deadletterqueue.context.headers.enable': {
    type: 'boolean',
    importance: 'medium',
    group: errors,
    default: false,
    doc: 'Whether those records carry `__connect.errors.*` headers that tell what went wrong.',
  },
})

/** The keys of `transforms.<alias>.`, before the transformation’s own. */
export const transformKeys = defineConfig({
  type: { type: 'class', importance: 'high', doc: 'The transformation.' },
  predicate: {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'The predicate that decides; none: every record.',
  },
  negate: {
    type: 'boolean',
    importance: 'medium',
    default: false,
    doc: 'Whether it applies where the predicate does not hold.',
  },
})

export const predicateKeys = defineConfig({
  type: { type: 'class', importance: 'high', doc: 'The predicate.' },
})

/** Prefixes under which the options of a converter follow that a name chooses. */
export const openPrefixes = ['key.converter.', 'value.converter.']

/** Kafka Connect's keys that are accepted, so that a pasted declaration runs, and do nothing here yet. */
export const withoutEffect = [
  'header.converter',
  'producer.override.',
  'consumer.override.',
  'admin.override.',
  'topic.creation.',
  'config.action.reload',
  'tasks.max.enforce',
  'exactly.once.support',
  'transaction.boundary',
  'offsets.storage.topic',
  'connector.plugin.version',
]

function topicsRegex(value: string): string | undefined {
  try {
    javaRegex(value)
    return undefined
  } catch (error) {
    return `Not a valid regular expression: ${messageOf(error)}`
  }
}

function connectorName(value: string): string | undefined {
  if (value.trim() === '') return 'String may not be empty'
  const controls = value.split('').filter((char) => char < ' ' || char === '\u007f')
  if (controls.length === 0) return undefined
  const codes = controls.map((char) => char.charCodeAt(0)).join(', ')
  return `String may not contain control sequences but had the following ASCII chars: ${codes}`
}

/** The properties that begin with a prefix, without it. */
export function withPrefix<T>(props: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(props).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}
