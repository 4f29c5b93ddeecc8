import { all, atLeast, between, defineConfig, nonEmpty } from '#api'

const servers = (list: readonly string[]): string | undefined => {
  const wrong = list.find((server) => !/^(?:[^\s:/[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/.test(server))
  return wrong === undefined ? undefined : `Invalid url in bootstrap.servers: ${wrong} (expected host:port)`
}

/** Kafka Connect's worker properties that this worker honours, with their names and defaults. */
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
  'value.converter': {
    type: 'class',
    importance: 'high',
    validator: nonEmpty,
    doc: 'The converter of values for connectors that name none; its options follow the prefix `value.converter.`.',
  },
  'header.converter': {
    type: 'class',
    importance: 'low',
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    doc: 'The converter of header values.',
  },
  'offset.storage.file.filename': {
    type: 'string',
    importance: 'high',
    validator: nonEmpty,
    doc: 'The file that keeps the offsets of sources in standalone mode.',
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
  listeners: {
    type: 'list',
    importance: 'low',
    default: null,
    doc: 'Where the REST API listens, such as `http://0.0.0.0:8083`. A listener without host is on the loopback address. The first one counts. Overrides `rest.host` and `rest.port`.',
  },
  'rest.advertised.host.name': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'The host name by which others reach the REST API.',
  },
  'rest.advertised.port': {
    type: 'int',
    importance: 'low',
    default: null,
    validator: between(0, 65535),
    doc: 'The port by which others reach the REST API.',
  },
  'rest.advertised.listener': {
    type: 'string',
    importance: 'low',
    default: null,
    values: ['http', 'https'],
    doc: 'The protocol by which others reach the REST API.',
  },
  'plugin.path': {
    type: 'list',
    importance: 'low',
    default: [],
    doc: 'npm modules and files of further plugins.',
  },
  'security.protocol': {
    type: 'string',
    importance: 'medium',
    default: 'PLAINTEXT',
    values: ['PLAINTEXT'],
    doc: 'How brokers are spoken to. TLS and SASL are not there yet: anything else is refused, so that nothing goes out in plain text unasked.',
  },
})

/** Properties under these are handed on to converters. */
export const passedOnPrefixes: readonly string[] = ['key.converter.', 'value.converter.', 'header.converter.']
