import { atLeast, between, defineConfig } from '#api'
import { ignored, sslProperties } from './ignored-props.ts'

/** Which client a property is for; `admin` is what asks and creates. */
export type ClientRole = 'admin' | 'consumer' | 'producer'

/** What every client obeys. Where a default is not Kafka's, its text says why. */
export const connectionProps = defineConfig({
  'bootstrap.servers': {
    type: 'list',
    importance: 'high',
    default: null,
    doc: 'The brokers to begin with, instead of the worker’s.',
  },
  'client.id': { type: 'string', importance: 'medium', default: null, doc: 'The name that brokers see.' },
  'security.protocol': {
    type: 'string',
    importance: 'medium',
    default: 'PLAINTEXT',
    values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    doc: 'Whether connections are encrypted (SSL) and authenticated by SASL. `ssl.*` and `sasl.*` matter only then.',
  },
  'sasl.mechanism': {
    type: 'string',
    importance: 'medium',
    default: 'GSSAPI',
    doc: 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER. Kafka’s default, GSSAPI, is not supported, so it has to be given.',
  },
  'sasl.jaas.config': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The login module with its options: PlainLoginModule, ScramLoginModule or OAuthBearerLoginModule.',
  },
  'sasl.oauthbearer.token.endpoint.url': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'Where OAUTHBEARER gets its token (client credentials), or a `file:` URL of a token.',
  },
  'sasl.oauthbearer.client.credentials.client.id': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'The client id for the token endpoint; `clientId` in the JAAS options otherwise.',
  },
  'sasl.oauthbearer.client.credentials.client.secret': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The client secret for the token endpoint; `clientSecret` in the JAAS options otherwise.',
  },
  'sasl.oauthbearer.scope': {
    type: 'string',
    importance: 'medium',
    default: null,
    doc: 'The scope to ask for; `scope` in the JAAS options otherwise.',
  },
  'sasl.oauthbearer.header.urlencode': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether client id and secret are URL-encoded in the authorization header.',
  },
  'sasl.login.callback.handler.class': {
    type: 'class',
    importance: 'medium',
    default: null,
    doc: 'Only the handlers that Kafka ships for OAUTHBEARER; others are Java code.',
  },
  'request.timeout.ms': {
    type: 'int',
    importance: 'medium',
    default: 30_000,
    validator: atLeast(1),
    doc: 'How long an answer of a broker may take.',
  },
  'socket.connection.setup.timeout.ms': {
    type: 'long',
    importance: 'medium',
    default: 3000,
    validator: atLeast(1),
    doc: 'How long a connection may take to open. Kafka’s default is 10000; here the next broker is tried sooner.',
  },
  'retry.backoff.ms': {
    type: 'long',
    importance: 'low',
    default: 100,
    validator: atLeast(1),
    doc: 'The first wait before a request or a connection is tried again.',
  },
  'retry.backoff.max.ms': {
    type: 'long',
    importance: 'low',
    default: 2000,
    validator: atLeast(1),
    doc: 'The longest such wait. Kafka’s default is 1000.',
  },
  'metadata.max.age.ms': {
    type: 'long',
    importance: 'low',
    default: null,
    validator: atLeast(100),
    doc: 'How often it is looked which topics and partitions there are: Kafka’s 300000 for leaders; a consumer looks for topics that are new, or were made anew, each 30000 unless this says otherwise.',
  },
})

export const consumerProps = defineConfig({
  'session.timeout.ms': {
    type: 'int',
    importance: 'high',
    default: 10_000,
    validator: atLeast(1),
    doc: 'After how long without a heartbeat a member is taken for dead. Kafka’s default is 45000; here another member takes over sooner.',
  },
  'heartbeat.interval.ms': {
    type: 'int',
    importance: 'high',
    default: 3000,
    validator: atLeast(1),
    doc: 'How often a member says that it lives; less than a third of the session timeout is wise.',
  },
  'max.poll.interval.ms': {
    type: 'int',
    importance: 'medium',
    default: 300_000,
    validator: atLeast(1),
    doc: 'How long a task may take between two polls before its member leaves the group, and members to come back in a rebalance.',
  },
  'max.poll.records': {
    type: 'int',
    importance: 'medium',
    default: null,
    validator: atLeast(1),
    doc: 'The most records of one poll.',
  },
  'fetch.min.bytes': {
    type: 'int',
    importance: 'high',
    default: 1,
    validator: atLeast(0),
    doc: 'The broker waits until it has this much.',
  },
  'fetch.max.bytes': {
    type: 'int',
    importance: 'medium',
    default: 10_485_760,
    validator: atLeast(0),
    doc: 'The most that one answer holds. Kafka’s default is 52428800; the less bounds memory.',
  },
  'max.partition.fetch.bytes': {
    type: 'int',
    importance: 'high',
    default: 1_048_576,
    validator: atLeast(0),
    doc: 'The most of one partition in an answer.',
  },
  'fetch.max.wait.ms': {
    type: 'int',
    importance: 'low',
    default: 500,
    validator: between(1, 60_000),
    doc: 'How long the broker waits for that. A rebalance and a stop wait for the fetch under way.',
  },
  'isolation.level': {
    type: 'string',
    importance: 'medium',
    default: 'read_committed',
    values: ['read_committed', 'read_uncommitted'],
    doc: 'Whether records of open and aborted transactions are hidden. Kafka’s default is read_uncommitted, which delivers what was taken back.',
  },
  'auto.offset.reset': {
    type: 'string',
    importance: 'medium',
    default: 'earliest',
    values: ['earliest', 'latest', 'none'],
    doc: 'Where a group without committed offsets begins; `none` fails. Earliest is Kafka Connect’s own default for sinks.',
  },
  'client.rack': {
    type: 'string',
    importance: 'low',
    default: '',
    doc: 'Where this client is, to read from a near replica.',
  },
})

export const producerProps = defineConfig({
  acks: {
    type: 'string',
    importance: 'low',
    default: 'all',
    values: ['all', '-1', '0', '1'],
    doc: 'Who has to have a record before it counts as sent.',
  },
  'compression.type': {
    type: 'string',
    importance: 'high',
    default: 'none',
    values: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    doc: 'How batches are compressed.',
  },
  'enable.idempotence': {
    type: 'boolean',
    importance: 'low',
    default: false,
    doc: 'Whether a request that is tried again cannot double a record. False is Kafka Connect’s own default for sources.',
  },
  'max.in.flight.requests.per.connection': {
    type: 'int',
    importance: 'low',
    default: 1,
    validator: between(1, 100),
    doc: 'How many requests may be unanswered. One, Kafka Connect’s own default, keeps the order when a request is tried again.',
  },
  'max.request.size': {
    type: 'int',
    importance: 'medium',
    default: 900_000,
    validator: atLeast(1),
    doc: 'Records are sent in requests of about this size. Kafka’s default is 1048576; brokers refuse batches a little larger.',
  },
  retries: {
    type: 'int',
    importance: 'high',
    default: 2,
    validator: atLeast(0),
    doc: 'How often a request is tried again before the task learns of it, which then decides (`errors.retry.timeout`); more than 10 count as 10.',
  },
  'transaction.timeout.ms': {
    type: 'int',
    importance: 'low',
    default: 60_000,
    validator: atLeast(1),
    doc: 'After how long Kafka aborts a transaction that its producer left open; only sources that are exactly once have transactions.',
  },
})

export interface ClientPropDoc {
  readonly name: string
  readonly roles: readonly ClientRole[]
  readonly effect: 'obeyed' | 'ignored'
  /** As text; null where there is none, and for what is ignored. */
  readonly default: string | null
  /** What it does, or why it does nothing here. */
  readonly doc: string
}

/** Every client property with what becomes of it, sorted by name: the table of the documentation. */
export function describeClientProps(): readonly ClientPropDoc[] {
  const all: readonly ClientRole[] = ['admin', 'consumer', 'producer']
  const obeyed = [
    { keys: connectionProps.keys, roles: all },
    { keys: consumerProps.keys, roles: ['consumer'] as const },
    { keys: producerProps.keys, roles: ['producer'] as const },
  ].flatMap(({ keys, roles }) =>
    Object.entries(keys).map(
      ([name, key]): ClientPropDoc => ({
        name,
        roles,
        effect: 'obeyed',
        default: key.default === null ? null : String(key.default),
        doc: key.doc,
      }),
    ),
  )
  const tls = Object.entries(sslProperties).map(
    ([name, doc]): ClientPropDoc => ({ name, roles: all, effect: 'obeyed', default: null, doc }),
  )
  const rest = Object.entries(ignored).map(
    ([name, { why, roles = all }]): ClientPropDoc => ({ name, roles, effect: 'ignored', default: null, doc: why }),
  )
  return [...obeyed, ...tls, ...rest].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
