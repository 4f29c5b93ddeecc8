import { expect, test } from 'vitest'
import { ConfigError } from '#api'
import { clientPropsOf, loadWorkerConfig } from '../../../src/config/index.ts'
import { fileOf, folderOf } from './files.ts'

const required = {
  'bootstrap.servers': 'localhost:9092',
  'key.converter': 'JsonConverter',
  'value.converter': 'JsonConverter',
  'offset.storage.file.filename': '/tmp/offsets',
}
const properties = (more: string) =>
  `${Object.entries(required)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n${more}`

const load = async (content: object, env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  loadWorkerConfig({ file: await fileOf('worker.json', JSON.stringify({ ...required, ...content })), env, flags })

const failure = async (loading: Promise<unknown>) => {
  const error = await loading.then(() => undefined).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ConfigError)
  return error as ConfigError
}

const rulesNotSpokenOf = {
  subscribe: 'none',
  publish: 'none',
  history: 'none',
  presence: 'none',
  statistics: 'none',
  'expose.coordinates': false,
  snapshots: true,
  wildcards: true,
  filters: true,
  delta: true,
  deliveries: ['every', 'latest', 'batch'],
  adaptive: false,
  'max.rate': 0,
  'max.bandwidth': 0,
  'max.window': 1000,
  'lag.max.ms': 300_000,
  'window.max.bytes': 1_073_741_824,
  'snapshot.max.bytes': 1_073_741_824,
}

test('the defaults are Kafka Connect\u2019s and ours', async () => {
  const { config, settings, warnings } = await loadWorkerConfig({ env: {}, flags: required })
  expect(warnings).toEqual([])
  expect(config).toMatchObject({
    'bootstrap.servers': ['localhost:9092'],
    'offset.flush.interval.ms': 60000,
    'offset.flush.timeout.ms': 5000,
    'task.shutdown.graceful.timeout.ms': 5000,
    'plugin.path': [],
  })
  expect(settings).toEqual({
    log: { level: 'info' },
    rest: { host: '127.0.0.1', port: 8083 },
    gate: {
      link: { host: '127.0.0.1', port: 8090, path: null, cert: null, key: null, ca: null },
      metrics: { host: '127.0.0.1', port: 8091 },
    },
    gateway: {
      enabled: true,
      host: '127.0.0.1',
      port: 8080,
      origins: [],
      static: null,
      compression: 'none',
      namespaces: {},
      auth: {
        secret: null,
        publicKeys: [],
        jwksUrl: null,
        jwksRefreshS: 600,
        jwksCooldownS: 30,
        jwksTimeoutMs: 5000,
        jwksMaxAgeS: 86400,
        algorithms: [],
        requireExp: false,
        maxTokenAgeS: 0,
        issuer: null,
        audience: null,
        clockSkewS: 30,
      },
      revocations: { topic: null, replicationFactor: -1, max: 100000 },
      tls: {
        certFile: null,
        keyFile: null,
        keyPassword: null,
        caFile: null,
        clientAuth: 'none',
        minVersion: 'TLSv1.2',
        reloadMs: 10000,
        identity: 'none',
        claims: {},
      },
      proxy: { trusted: [], protocol: 'none' },
      position: { keys: [], maxAgeMs: 604800000, intervalMs: 30000, epochMs: 60000 },
      resume: { readers: 2, readBytesPerS: 33554432, historyItems: 1000 },
      processes: 1,
      link: { gates: [], cert: null, key: null, ca: null, maxQueuedBytes: 67108864, heartbeatMs: 5000 },
      limits: {
        frameBytes: 65536,
        messageBytes: 1048576,
        sessions: 0,
        subscriptionsPerSession: 100,
        sendBufferBytes: 1048576,
        inFlightBytes: 262144,
        conflatedMessages: 10000,
        conflatedBytes: 8388608,
        connectTimeoutMs: 10000,
        pingIntervalMs: 25000,
        pingTimeoutMs: 10000,
        publishWindow: 64,
        channelLength: 255,
        connectionsPerS: 1000,
        connectionBurst: 2000,
        resumesPerS: 1000,
        resumeBurst: 2000,
        sessionsPerAddress: 0,
        addressPrefix6: 64,
        sessionsPerUser: 0,
        pendingHandshakes: 1024,
        handshakeTimeoutMs: 10000,
        idleTimeoutMs: 600000,
        frameTimeoutMs: 20000,
        messagesPerS: 5000,
        bytesPerS: 4194304,
        overRateMs: 30000,
        requestsPerS: 50,
        evaluationsPerS: 50000,
        snapshotBytesPerS: 67108864,
        eventLoopDelayMs: 500,
        memoryBytes: 0,
        drainMs: 10000,
      },
    },
  })
})

test('reads Java properties, our settings among them', async () => {
  const more = [
    'value.converter.schemas.enable=false',
    'producer.linger.ms=5',
    'gateway.origins = https://a.example, https://b.example:8443',
    'gateway.namespaces.bus.subscribe=anonymous',
    'gateway.namespaces.bus.expose.coordinates=true',
    'gateway.namespaces.a.b.publish=token',
  ].join('\n')
  const file = await fileOf('connect-standalone.properties', properties(more))
  const { props, settings, warnings } = await loadWorkerConfig({ file, env: {}, flags: {} })
  expect(warnings).toEqual([])
  expect(props).toEqual({ ...required, 'value.converter.schemas.enable': 'false', 'producer.linger.ms': '5' })
  expect(settings.gateway.origins).toEqual(['https://a.example', 'https://b.example:8443'])
  expect(settings.gateway.namespaces).toEqual({
    bus: { ...rulesNotSpokenOf, subscribe: 'anonymous', 'expose.coordinates': true },
    'a.b': { ...rulesNotSpokenOf, publish: 'token' },
  })
})

test('reads JSON, dotted or nested, numbers as they were written', async () => {
  const { props, settings } = await load({
    'offset.flush.interval.ms': 10,
    'plugin.path': ['a', 'b'],
    'gateway.host': '0.0.0.0',
    gateway: {
      port: 0,
      limits: { frameBytes: 2048 },
      'limits.sessions': 7,
      namespaces: { bus: { subscribe: 'anonymous', publish: 'none', 'expose.coordinates': false } },
    },
    rest: { port: 18083, 'advertised.host.name': 'me' },
    log: { level: 'debug' },
  })
  expect(props).toMatchObject({
    'offset.flush.interval.ms': '10',
    'plugin.path': 'a,b',
    'rest.advertised.host.name': 'me',
  })
  expect(settings).toMatchObject({ log: { level: 'debug' }, rest: { port: 18083 } })
  expect(settings.gateway).toMatchObject({ host: '0.0.0.0', port: 0, limits: { frameBytes: 2048, sessions: 7 } })
  expect(settings.gateway.namespaces['bus']?.subscribe).toBe('anonymous')
  expect(settings.gateway.namespaces['constructor']).toBeUndefined()
})

test('flags go over the environment, and that over the file', async () => {
  const env = { TIDEGATE_GATEWAY_PORT: '2', TIDEGATE_GATEWAY_AUTH_CLOCK_SKEW_S: '5', TIDEGATE_GATEWAY_ENABLED: 'FALSE' }
  const { settings, props } = await load({ gateway: { port: 1 }, log: { level: 'warn' } }, env, {
    'log.level': 'error',
    'bootstrap.servers': 'other:1',
  })
  expect(settings.gateway).toMatchObject({ port: 2, enabled: false, auth: { clockSkewS: 5 } })
  expect(settings.log.level).toBe('error')
  expect(props['bootstrap.servers']).toBe('other:1')
})

test('namespaces may come as JSON in the environment', async () => {
  const { settings } = await load(
    {},
    { TIDEGATE_GATEWAY_NAMESPACES: '{"bus":{"subscribe":"token","expose.coordinates":true}}' },
  )
  expect(settings.gateway.namespaces).toEqual({
    bus: { ...rulesNotSpokenOf, subscribe: 'token', 'expose.coordinates': true },
  })
})

test.each([
  ['http://:18083', { host: '127.0.0.1', port: 18083 }],
  ['http://0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
  ['HTTP://[::1]:0', { host: '::1', port: 0 }],
])('the listener %s overrides rest', async (listeners, rest) => {
  const { settings } = await load({ listeners, rest: { host: 'x', port: 5 } })
  expect(settings.rest).toEqual(rest)
  expect((await load({ listeners }, {}, { 'rest.port': '9' })).settings.rest.port).toBe(9)
})

test('listeners that cannot be are told', async () => {
  for (const listeners of ['http://a', 'ftp://a:1', 'http://a:70000']) {
    expect((await failure(load({ listeners }))).message).toContain('configuration listeners')
  }
})

test('a port asked for by flag or environment is meant, whatever the file listens on', async () => {
  const { props, rest, warnings } = await load({ listeners: 'http://0.0.0.0:1' }, { TIDEGATE_REST_PORT: '7' })
  expect(props['listeners']).toBeUndefined()
  expect(rest.listeners).toEqual([{ protocol: 'http', host: '127.0.0.1', port: 7 }])
  expect(warnings).toEqual(["TIDEGATE_REST_PORT replaces the file's listeners=http://0.0.0.0:1."])
  expect((await load({}, { TIDEGATE_REST_PORT: '7' })).warnings).toEqual([])
})

test('a port asked for does not take TLS away', async () => {
  const listeners = 'http://:1, HTTPS://:2'
  const message = `would replace the file's listeners=${listeners} by http: set listeners instead`
  expect((await failure(load({ listeners }, { TIDEGATE_REST_PORT: '7' }))).message).toContain(
    `TIDEGATE_REST_PORT ${message}`,
  )
  expect((await failure(load({ listeners }, {}, { 'rest.host': 'a' }))).message).toContain(`rest.host ${message}`)
  const both = { 'rest.port': '7', listeners: 'http://:3' }
  expect((await load({ listeners }, {}, both)).rest.listeners).toMatchObject([{ port: 3 }])
})

test('a policy of overrides that nobody knows is refused', async () => {
  const key = 'connector.client.config.override.policy'
  const java = 'org.apache.kafka.connect.connector.policy.NoneConnectorClientConfigOverridePolicy'
  for (const known of ['All', 'None', 'Principal', 'Allowlist', 'PrincipalConnectorClientConfigOverridePolicy', java])
    expect((await load({ [key]: known })).warnings).toEqual([])
  for (const unknown of ['Nobody', 'none', '', 'org.example.AllConnectorClientConfigOverridePolicy'])
    expect((await failure(load({ [key]: unknown }))).message).toContain(
      `Invalid value ${unknown} for configuration ${key}: `,
    )
})

test('names that every object has are names like any other', async () => {
  const content = JSON.parse('{"constructor": "x", "toString": "y", "hasOwnProperty": "z"}') as object
  expect((await load(content)).warnings).toHaveLength(3)
  const provider = { 'config.providers': 'x', 'config.providers.x.class': 'constructor' }
  expect((await failure(load(provider))).message).toContain('Class constructor could not be found')
  const env = { 'config.providers': 'env', 'config.providers.env.class': 'EnvVarConfigProvider' }
  expect((await load({ ...env, 'client.id': '${env:constructor}' })).props['client.id']).toBe('${env:constructor}')
})

test('properties of clients are known by name, behind their prefixes too', async () => {
  const known = {
    'ssl.truststore.location': '/t',
    'sasl.mechanism': 'PLAIN',
    'request.timeout.ms': '5',
    'producer.compression.type': 'zstd',
    'consumer.max.poll.records': '5',
    'admin.retries': '5',
    'listeners.https.ssl.keystore.location': '/k',
  }
  const { props, warnings } = await load(known)
  expect(warnings).toEqual([])
  expect(clientPropsOf(props)).toEqual({
    'ssl.truststore.location': '/t',
    'sasl.mechanism': 'PLAIN',
    'request.timeout.ms': '5',
  })
  const misspelt = {
    'producer.compresion.type': 'x',
    'listeners.https.ssl.keystor.location': 'x',
    'sasl.mechanim': 'x',
  }
  expect((await load(misspelt)).warnings.map((warning) => /did you mean "(.*)"/.exec(warning)?.[1])).toEqual([
    'producer.compression.type',
    'listeners.https.ssl.keystore.location',
    'sasl.mechanism',
  ])
  expect((await failure(load({ 'request.timeout.ms': 'soon' }))).message).toContain('request.timeout.ms')
})

test('properties and settings may come from config providers', async () => {
  const dir = await folderOf({ 'secrets.properties': 'password=hunter2\nlevel=warn', token: 'abc' })
  const providers = {
    'config.providers': 'file,env,dir',
    'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
    'config.providers.env.class': 'EnvVarConfigProvider',
    'config.providers.dir.class': 'DirectoryConfigProvider',
  }
  const { props, settings, warnings } = await load(
    {
      ...providers,
      'bootstrap.servers': '${env:KAFKA_HOST}:${env:KAFKA_PORT}',
      'value.converter.basic.auth.user.info': `me:\${file:${dir}/secrets.properties:password}`,
      'value.converter.bearer.auth.token': `\${dir:${dir}:token}`,
      'client.id': '${env:NOT_THERE}',
      log: { level: `\${file:${dir}/secrets.properties:level}` },
    },
    { KAFKA_HOST: 'broker', KAFKA_PORT: '9092' },
  )
  expect(warnings).toEqual([])
  expect(props).toMatchObject({
    'bootstrap.servers': 'broker:9092',
    'value.converter.basic.auth.user.info': 'me:hunter2',
    'value.converter.bearer.auth.token': 'abc',
    'client.id': '${env:NOT_THERE}',
  })
  expect(settings.log.level).toBe('warn')
  const missing = load({ ...providers, 'client.id': '${file:/no/such.properties:x}' })
  expect((await failure(missing)).message).toContain('Could not read properties from file /no/such.properties')
  const unknown = load({ 'config.providers': 'v', 'config.providers.v.class': 'FileConfigProvidr' })
  expect((await failure(unknown)).message).toContain('Did you mean FileConfigProvider?')
})

test('an unknown property is a warning with the nearest known name', async () => {
  const { warnings } = await load({
    'offset.flush.intervall.ms': 1,
    'key.convertor.schemas.enable': 'x',
    'gateway.prot': 1,
    gateway: { limits: { frameByte: 1 } },
    gatway: { port: 1 },
    'completely.different.thing': 1,
  })
  expect(warnings.map((warning) => /did you mean "(.*)"/.exec(warning)?.[1])).toEqual([
    'offset.flush.interval.ms',
    'key.converter.schemas.enable',
    'gateway.port',
    'gateway.limits.frameBytes',
    'gateway',
    undefined,
  ])
  expect((await load({}, { TIDEGATE_GATEWAY_PROT: '1', TIDEGATE_HOME: '/x' })).warnings).toEqual([
    'The environment variable TIDEGATE_GATEWAY_PROT is unknown; did you mean TIDEGATE_GATEWAY_PORT?',
  ])
})

test('well-known properties without effect say so', async () => {
  const { warnings, distributed } = await load({
    'config.storage.topic': 'y',
    'status.storage.min.insync.replicas': '2',
    'plugin.discovery': 'only_scan',
  })
  expect(distributed).toBeUndefined()
  expect(warnings).toHaveLength(3)
  for (const warning of warnings) expect(warning).toContain('accepted, but has no effect here')
  for (const warning of warnings.slice(0, 2)) expect(warning).toContain('distributed mode')
})

test('all that is wrong is told at once, secrets excepted', async () => {
  const error = await failure(
    loadWorkerConfig({
      env: {},
      flags: {
        'bootstrap.servers': 'nowhere',
        'bootstrap.server': 'x',
        'gateway.port': '70000',
        'gateway.limits.sessions': '-1',
        'gateway.enabled': 'maybe',
        'gateway.origins': 'https://a.example/path',
        'gateway.auth.secret': 'tiny-secret',
        'gateway.position.keys': 'c2hvcnQtc2VjcmV0',
        'log.level': 'loud',
      },
    }),
  )
  expect(error.context['errors']).toHaveLength(11)
  for (const text of [
    'bootstrap.servers',
    'key.converter',
    'gateway.port: must be a whole number from 0 to 65535',
    '"https://a.example/path" is no origin',
    'loud',
    'did you mean "bootstrap.servers"?',
  ]) {
    expect(error.message).toContain(text)
  }
  expect(error.message).not.toContain('tiny-secret')
  expect(error.message).not.toContain('c2hvcnQtc2VjcmV0')
})

test.each([
  [{ bus: { subcribe: 'anonymous' } }, '"bus" has the unknown rule "subcribe" (did you mean "subscribe"?)'],
  [{ bus: { subscribe: 'anonymus' } }, '"subscribe" of "bus" cannot be "anonymus" (did you mean "anonymous"?)'],
  [{ bus: { publish: true } }, '"publish" of "bus" cannot be "true"'],
  [{ bus: { 'expose.coordinates': 'yes' } }, '"expose.coordinates" of "bus" must be true or false'],
  [{ 'a:b': {} }, '"a:b" cannot be the first segment'],
  [{ bus: 'anonymous' }, 'the rules of "bus" must be an object'],
  ['nonsense', 'must be an object of namespaces'],
])('the namespaces %j are refused by name', async (namespaces, message) => {
  expect((await failure(load({ gateway: { namespaces } }))).message).toContain(message)
})

test('a misspelt rule in a flat file is refused too', async () => {
  const file = await fileOf('w.properties', properties('gateway.namespaces.bus.subcribe=anonymous'))
  expect((await failure(loadWorkerConfig({ file, env: {}, flags: {} }))).message).toContain('unknown rule "subcribe"')
})

test('nested values where none belong are refused by name', async () => {
  expect((await failure(load({ 'key.converter': {} }))).message).toContain('"key.converter"')
})

test('how brokers are spoken to is one of four ways', async () => {
  expect((await load({ 'security.protocol': 'sasl_ssl' })).props['security.protocol']).toBe('sasl_ssl')
  expect((await failure(load({ 'security.protocol': 'TLS' }))).message).toContain(
    'Invalid value TLS for configuration security.protocol: String must be one of (case insensitive): PLAINTEXT, SSL',
  )
})

test('broken JSON shows the place', async () => {
  const file = await fileOf('worker.json', '{\n  "a": 1,\n  "b" 2\n}')
  const error = await failure(loadWorkerConfig({ file, env: {}, flags: {} }))
  expect(error.message).toContain(`${file}:3:7: `)
  expect(error.message).toContain('\n3 |   "b" 2\n          ^')
  expect(error.context).toMatchObject({ line: 3, column: 7 })
})

test('a file that is not there is named', async () => {
  const error = await failure(loadWorkerConfig({ file: '/no/such.properties', env: {}, flags: {} }))
  expect(error.message).toContain('/no/such.properties')
})
