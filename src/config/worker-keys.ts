import { all, atLeast, between, defineConfig, distinct, nonEmpty } from '#api'
import { restKeys } from './worker-rest-keys.ts'

/** Kafka Connect's worker properties, with their names, types, importances and defaults. */
export const workerConfig = defineConfig({
  'bootstrap.servers': {
    type: 'list',
    importance: 'high',
    validator: all(nonEmpty, servers),
    doc: 'Host and port pairs for the first contact with the Kafka cluster.',
  },
  'client.id': {
    type: 'string',
    importance: 'low',
    default: '',
    doc: 'A name for this worker in the logs of the brokers.',
  },
  'key.converter': {
    type: 'class',
    importance: 'high',
    validator: nonEmpty,
    doc: 'The converter of keys for connectors that name none; its options follow the prefix `key.converter.`.',
  },
  'key.converter.plugin.version': version('key.converter'),
  'value.converter': {
    type: 'class',
    importance: 'high',
    validator: nonEmpty,
    doc: 'The converter of values for connectors that name none; its options follow the prefix `value.converter.`.',
  },
  'value.converter.plugin.version': version('value.converter'),
  'header.converter': {
    type: 'class',
    importance: 'low',
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    doc: 'The converter of header values; its options follow the prefix `header.converter.`.',
  },
  'header.converter.plugin.version': version('header.converter'),
  'offset.storage.file.filename': {
    type: 'string',
    importance: 'high',
    default: null,
    validator: nonEmpty,
    doc: 'The file that keeps the offsets of sources in standalone mode, which needs it.',
  },
  'offset.flush.interval.ms': {
    type: 'long',
    importance: 'low',
    default: 60_000,
    validator: atLeast(1),
    doc: 'How often (ms) offsets are committed, of sinks and of sources.',
  },
  'offset.flush.timeout.ms': {
    type: 'long',
    importance: 'low',
    default: 5000,
    validator: atLeast(1),
    doc: 'How long (ms) such a commit may wait for records that are under way.',
  },
  'task.shutdown.graceful.timeout.ms': {
    type: 'long',
    importance: 'low',
    default: 5000,
    validator: atLeast(0),
    doc: 'How long (ms) all tasks together have to stop.',
  },
  'topic.creation.enable': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: 'Whether sources may create their topics by `topic.creation.*`.',
  },
  'topic.tracking.enable': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: 'Whether the topics that connectors read and write are remembered, for `/connectors/{name}/topics`.',
  },
  'topic.tracking.allow.reset': {
    type: 'boolean',
    importance: 'low',
    default: true,
    doc: 'Whether they may be forgotten on request.',
  },
  'metrics.sample.window.ms': {
    type: 'long',
    importance: 'low',
    default: 30_000,
    validator: atLeast(1),
    doc: 'How long (ms) one window is over which averages, maxima and rates of `/metrics` are taken.',
  },
  'metrics.num.samples': {
    type: 'int',
    importance: 'low',
    default: 2,
    validator: between(1, 100),
    doc: 'How many such windows are kept.',
  },
  'connector.client.config.override.policy': {
    type: 'string',
    importance: 'medium',
    default: 'All',
    validator: overridePolicy,
    doc: 'Which client properties a declaration may override (`producer.override.` and the like): `All`, `None`, `Principal` (those that say who it is) or `Allowlist`. Kafka Connect’s class names do as well.',
  },
  'connector.client.config.override.allowlist': {
    type: 'list',
    importance: 'medium',
    default: [],
    validator: distinct(),
    doc: 'The client properties that the policy `Allowlist` allows.',
  },
  'config.providers': {
    type: 'list',
    importance: 'low',
    default: [],
    validator: distinct(),
    doc: 'Aliases of config providers, which put in what `${alias:path:key}` stands for. `config.providers.<alias>.class` is `FileConfigProvider`, `DirectoryConfigProvider` or `EnvVarConfigProvider`; `config.providers.<alias>.param.allowed.paths` bounds what the first two read, `config.providers.<alias>.param.allowlist.pattern` the last.',
  },
  'config.providers.reload.ms': {
    type: 'long',
    importance: 'low',
    default: 10_000,
    validator: atLeast(100),
    doc: 'Ours: how often (ms) files of config providers are read again, to restart the connectors whose values have changed.',
  },
  'plugin.path': {
    type: 'list',
    importance: 'low',
    default: [],
    validator: distinct(),
    doc: 'npm modules and files of further plugins.',
  },
  'security.protocol': {
    type: 'string',
    importance: 'medium',
    default: 'PLAINTEXT',
    validator: protocol,
    doc: 'How brokers are spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. It counts for the worker itself; the clients of connectors have it from `producer.security.protocol`, `consumer.security.protocol` and `admin.security.protocol`, as in Kafka Connect.',
  },
  ...restKeys,
  'rest.advertised.port': {
    type: 'int',
    importance: 'low',
    default: null,
    validator: between(0, 65535),
    doc: 'The port by which others reach the REST API.',
  },
})

/** Properties under these are handed on to converters. */
export const passedOnPrefixes: readonly string[] = ['key.converter.', 'value.converter.', 'header.converter.']

function version(option: string) {
  return {
    type: 'string',
    importance: 'low',
    default: null,
    doc: `The version of the \`${option}\` that is wanted. The worker has one version of each.`,
  } as const
}

function servers(list: readonly string[]): string | undefined {
  const wrong = list.find((server) => !/^(?:[^\s:/[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/.test(server))
  return wrong === undefined ? undefined : `Invalid url in bootstrap.servers: ${wrong} (expected host:port)`
}

function protocol(value: string): string | undefined {
  const known = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
  return known.includes(value.toUpperCase())
    ? undefined
    : `String must be one of (case insensitive): ${known.join(', ')}`
}

/** As Kafka Connect, which does not start with a policy that it cannot find. */
function overridePolicy(value: string): string | undefined {
  const known = ['All', 'None', 'Principal', 'Allowlist']
  const suffix = 'ConnectorClientConfigOverridePolicy'
  const names = known.flatMap((name) => [
    name,
    name + suffix,
    `org.apache.kafka.connect.connector.policy.${name}${suffix}`,
  ])
  return names.includes(value) ? undefined : `expected one of ${known.join(', ')}, or Kafka Connect's class of it.`
}
