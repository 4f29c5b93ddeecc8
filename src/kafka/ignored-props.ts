import type { ClientRole } from './client-props.ts'

/** What `src/security` reads; its errors name the property and the file. */
export const sslProperties: Readonly<Record<string, string>> = {
  'ssl.truststore.location':
    'A file with the certificates to trust: JKS, PKCS12 or PEM. Without one, those that Node trusts.',
  'ssl.truststore.password': 'Its password, for JKS and PKCS12.',
  'ssl.truststore.type':
    'JKS (the default), PKCS12 or PEM; a JKS or PKCS12 file is recognised whichever of the two is said.',
  'ssl.truststore.certificates': 'The certificates to trust themselves, PEM, instead of a file.',
  'ssl.keystore.location': 'A file with the own key and its certificates.',
  'ssl.keystore.password': 'Its password, for JKS and PKCS12.',
  'ssl.keystore.type': 'JKS (the default), PKCS12 or PEM.',
  'ssl.keystore.key': 'The own key itself, PEM, instead of a file.',
  'ssl.keystore.certificate.chain': 'The certificates that go with it.',
  'ssl.key.password': 'The password of the key, where it is not that of the file.',
  'ssl.endpoint.identification.algorithm': 'https (the default); empty switches the check of host names off.',
  'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3 by default; the lowest and the highest count.',
  'ssl.cipher.suites': 'Java’s names are translated; what OpenSSL lacks is left out with a warning.',
}

export interface Ignored {
  /** Why it does nothing here. */
  readonly why: string
  /** Values that change nothing against what is done anyhow: no warning for them. */
  readonly harmless?: readonly string[]
  readonly roles?: readonly ClientRole[]
}

const consumer = ['consumer'] as const
const producer = ['producer'] as const
const javaCode = 'it names Java code'
const topicsAreAwaited = 'topics that do not exist are waited for and never created by reading'
const noBuffer = 'no records are buffered in the client: a batch is what a task hands over at once'
const oneJavaTls = 'it chooses among Java’s implementations of TLS, and here OpenSSL is the only one'
const kerberos = 'Kerberos is not supported'
const assertion = 'tokens are got by client credentials or read from a file, not by a signed assertion'
const tokenCheck = 'it is about how brokers check tokens'
const byConverter = 'converters make the bytes'
const metrics = 'the worker’s own metrics are used'

const each = (why: string, names: readonly string[], more: Omit<Ignored, 'why'> = {}): Record<string, Ignored> =>
  Object.fromEntries(names.map((name) => [name, { why, ...more }]))

/** Client properties of Kafka that kafkajs cannot do, or that Kafka Connect decides by itself. */
export const ignored: Readonly<Record<string, Ignored>> = {
  ...each(topicsAreAwaited, ['allow.auto.create.topics'], { roles: consumer, harmless: ['false'] }),
  ...each('the worker commits what tasks have flushed', ['enable.auto.commit'], {
    roles: consumer,
    harmless: ['false'],
  }),
  ...each('the worker commits what tasks have flushed', ['auto.commit.interval.ms'], { roles: consumer }),
  ...each('kafkajs does not check the sums of records', ['check.crcs'], { roles: consumer, harmless: ['false'] }),
  ...each('internal topics are read only by who names them', ['exclude.internal.topics'], {
    roles: consumer,
    harmless: ['true'],
  }),
  ...each('it is given by the connector’s name or consumer.override.group.id', ['group.id'], {
    roles: consumer,
    harmless: ['*'],
  }),
  ...each('kafkajs knows no static members', ['group.instance.id'], { roles: consumer }),
  ...each('kafkajs speaks the classic protocol only', ['group.protocol'], { roles: consumer, harmless: ['classic'] }),
  ...each('kafkajs speaks the classic protocol only', ['group.remote.assignor'], { roles: consumer }),
  ...each('kafkajs hands out partitions in turn', ['partition.assignment.strategy'], { roles: consumer }),
  ...each('share groups are not used', ['share.acknowledgement.mode', 'share.acquire.mode'], { roles: consumer }),
  ...each('it is internal to Java’s client', ['internal.throw.on.fetch.stable.offset.unsupported'], {
    roles: consumer,
  }),
  ...each(byConverter, ['key.deserializer', 'value.deserializer'], { roles: consumer, harmless: ['*'] }),
  ...each(byConverter, ['key.serializer', 'value.serializer'], { roles: producer, harmless: ['*'] }),
  ...each(javaCode, ['interceptor.classes'], { roles: ['consumer', 'producer'], harmless: [''] }),
  ...each(noBuffer, ['batch.size', 'linger.ms', 'buffer.memory'], { roles: producer }),
  ...each(noBuffer, ['max.block.ms'], { roles: producer, harmless: ['9223372036854775807'] }),
  ...each('the task tries again for as long as errors.retry.timeout says', ['delivery.timeout.ms'], {
    roles: producer,
    harmless: ['2147483647'],
  }),
  ...each(
    'each codec has one level here',
    ['compression.gzip.level', 'compression.lz4.level', 'compression.zstd.level'],
    { roles: producer },
  ),
  ...each(
    'partitions are chosen by murmur2 of the key, else in turn, as Java’s default does',
    [
      'partitioner.class',
      'partitioner.adaptive.partitioning.enable',
      'partitioner.availability.timeout.ms',
      'partitioner.ignore.keys',
    ],
    { roles: producer },
  ),
  ...each('transactions end with their task', ['transaction.two.phase.commit.enable'], { roles: producer }),
  ...each('kafkajs forgets no topics', ['metadata.max.idle.ms'], { roles: producer }),
  ...each('kafkajs asks brokers only', ['bootstrap.controllers'], { roles: ['admin'] }),
  ...each('each request has request.timeout.ms', ['default.api.timeout.ms'], { roles: ['admin', 'consumer'] }),
  ...each('Node’s resolver decides', ['client.dns.lookup'], { harmless: ['use_all_dns_ips'] }),
  ...each('kafkajs keeps connections open', ['connections.max.idle.ms']),
  ...each('kafkajs waits retry.backoff.ms before it connects again', [
    'reconnect.backoff.ms',
    'reconnect.backoff.max.ms',
  ]),
  ...each('each broker has socket.connection.setup.timeout.ms', ['socket.connection.setup.timeout.max.ms']),
  ...each('the operating system sizes the buffers of sockets', ['receive.buffer.bytes', 'send.buffer.bytes']),
  ...each(
    'a client that cannot go on is made anew from bootstrap.servers',
    ['metadata.recovery.strategy', 'metadata.recovery.rebootstrap.trigger.ms'],
    { harmless: ['rebootstrap'] },
  ),
  ...each('brokers are not told metrics', ['enable.metrics.push'], { harmless: ['false'] }),
  ...each(metrics, ['metric.reporters', 'metrics.num.samples', 'metrics.recording.level', 'metrics.sample.window.ms']),
  ...each('the worker resolves placeholders', ['config.providers'], { harmless: [''] }),
  ...each(javaCode, [
    'sasl.client.callback.handler.class',
    'sasl.login.class',
    'security.providers',
    'ssl.engine.factory.class',
    'sasl.oauthbearer.jwt.validator.class',
  ]),
  ...each(javaCode, ['sasl.oauthbearer.jwt.retriever.class'], {
    harmless: [
      'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
      'org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever',
      'org.apache.kafka.common.security.oauthbearer.FileJwtRetriever',
    ],
  }),
  ...each(kerberos, [
    'sasl.kerberos.kinit.cmd',
    'sasl.kerberos.min.time.before.relogin',
    'sasl.kerberos.service.name',
    'sasl.kerberos.ticket.renew.jitter',
    'sasl.kerberos.ticket.renew.window.factor',
  ]),
  ...each('a token is asked for anew when four fifths of its life are over', [
    'sasl.login.refresh.buffer.seconds',
    'sasl.login.refresh.min.period.seconds',
    'sasl.login.refresh.window.factor',
    'sasl.login.refresh.window.jitter',
  ]),
  ...each('the token endpoint has request.timeout.ms, and a connection that fails is tried again', [
    'sasl.login.connect.timeout.ms',
    'sasl.login.read.timeout.ms',
    'sasl.login.retry.backoff.ms',
    'sasl.login.retry.backoff.max.ms',
  ]),
  ...each(
    assertion,
    [
      'algorithm',
      'claim.aud',
      'claim.exp.seconds',
      'claim.iss',
      'claim.jti.include',
      'claim.nbf.seconds',
      'claim.sub',
      'file',
      'private.key.file',
      'private.key.passphrase',
      'template.file',
    ].map((name) => `sasl.oauthbearer.assertion.${name}`),
  ),
  ...each(
    tokenCheck,
    [
      'clock.skew.seconds',
      'expected.audience',
      'expected.issuer',
      'jwks.endpoint.refresh.ms',
      'jwks.endpoint.retry.backoff.max.ms',
      'jwks.endpoint.retry.backoff.ms',
      'jwks.endpoint.url',
      'scope.claim.name',
      'sub.claim.name',
    ].map((name) => `sasl.oauthbearer.${name}`),
  ),
  ...each(oneJavaTls, [
    'ssl.provider',
    'ssl.protocol',
    'ssl.keymanager.algorithm',
    'ssl.trustmanager.algorithm',
    'ssl.secure.random.implementation',
  ]),
}
