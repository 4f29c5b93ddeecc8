import { limitKeys } from './limit-keys.ts'
import { namespaceRules } from './namespace-rules.ts'
import type { SettingKey } from './setting-key.ts'

const count = (standard: number, min: number, doc: string, max = 2 ** 31 - 1): SettingKey => ({
  format: 'whole-number',
  default: standard,
  min,
  max,
  doc,
})
const port = (standard: number, doc: string) => count(standard, 0, `${doc} 0: any free port.`, 65535)
const optional = (doc: string): SettingKey => ({ format: 'optional-text', default: null, doc })

const namespaceDoc = Object.entries(namespaceRules)
  .map(([rule, { doc, default: standard }]) => `\`${rule}\` (${String(standard)}): ${doc}`)
  .join(' ')

/** Every setting of the process, its default and its meaning; docs, environment names and checks all derive from it. */
export const settingKeys: Readonly<Record<string, SettingKey>> = {
  'log.level': {
    format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    doc: 'The least important level that is logged.',
  },
  'rest.host': { format: 'text', default: '127.0.0.1', doc: 'The address of the REST API. `listeners` overrides it.' },
  'rest.port': port(8083, 'The port of the REST API; `listeners` overrides it.'),
  'gateway.enabled': { format: 'switch', default: true, doc: 'Whether this worker runs a gateway.' },
  'gateway.host': { format: 'text', default: '127.0.0.1', doc: 'The address that the gateway listens on.' },
  'gateway.port': port(8080, 'The port of the gateway.'),
  'gateway.origins': {
    format: 'origins',
    default: [],
    doc: "Origins of pages that may connect, such as `https://maps.example`. Empty: the gateway's own pages only, under `localhost`, an IP address or the name in `gateway.host`; list any other name that the gateway is reached by. `*`: any.",
  },
  'gateway.static': optional('A folder whose files are served at `/`.'),
  'gateway.compression': {
    format: ['none', 'channel'],
    default: 'none',
    doc: '`channel`: a message of 512 characters or more is compressed once, for all WebSocket clients that offer permessage-deflate; nothing is kept for a connection to compress with. What it saves in bytes it costs in time: some 100 µs for each message and channel, and memory at each client that sends compressed frames itself.',
  },
  'gateway.namespaces': {
    format: 'namespaces',
    default: '{}',
    doc: `What is allowed in each namespace; a channel in no namespace is refused. ${namespaceDoc}`,
  },
  'gateway.auth.secret': {
    ...optional(
      'The secret that tokens are signed with (HS256; with at least 48 bytes also HS384, with 64 also HS512), at least 32 bytes. A token without `exp` stays good until the secret changes.',
    ),
    format: 'secret',
    sensitive: true,
  },
  'gateway.auth.publicKeys': {
    format: 'texts',
    default: [],
    doc: 'Files with public keys that tokens are signed with: PEM (keys or certificates, several in a file) or a JWKS.',
  },
  'gateway.auth.jwksUrl': {
    ...optional(
      'Where the issuer publishes its keys (JWKS); `https`, but for a loopback address. A token with a `kid` that is not known has it fetched anew.',
    ),
    format: 'jwks-url',
  },
  'gateway.auth.jwksRefreshS': count(600, 1, 'How old (s) the fetched keys may be before they are fetched anew.'),
  'gateway.auth.jwksCooldownS': count(
    30,
    1,
    'How long (s) at least lies between two fetches for a `kid` that is not known.',
  ),
  'gateway.auth.jwksTimeoutMs': count(5000, 100, 'How long (ms) a fetch may take.', 60_000),
  'gateway.auth.jwksMaxAgeS': count(
    86_400,
    1,
    'How long (s) the last keys go on when they cannot be fetched; then tokens are answered with `unavailable`.',
  ),
  'gateway.auth.algorithms': {
    format: 'algorithms',
    default: [],
    doc: 'Which algorithms tokens may be signed with. Empty: those that fit each key: HS with the secret, RS and PS with RSA, ES with elliptic curves, EdDSA with Ed25519.',
  },
  'gateway.auth.requireExp': {
    format: 'switch',
    default: false,
    doc: 'Whether a token has to have `exp`. Without, one that lacks it is good until its key changes.',
  },
  'gateway.auth.maxTokenAgeS': count(
    0,
    0,
    'How long (s) after its `iat` a token is good, whatever its `exp`; it has to have `iat` then. 0: no bound.',
  ),
  'gateway.auth.issuer': optional('What `iss` of a token has to be.'),
  'gateway.auth.audience': optional('What `aud` of a token has to hold.'),
  'gateway.auth.clockSkewS': count(30, 0, 'How far (s) the clocks of the issuer and the gateway may differ.', 3600),
  'gateway.revocations.topic': optional(
    'The compacted topic in which a cluster keeps revocations. Empty: `tidegate-revocations-` and its `group.id`. A standalone worker has a file beside its offsets instead.',
  ),
  'gateway.revocations.replicationFactor': {
    format: 'whole-number',
    default: -1,
    min: -1,
    max: 32_767,
    doc: 'The replicas of that topic, when it is made. -1: the default of the brokers.',
  },
  'gateway.revocations.max': count(100_000, 1, 'The most revocations in force; beyond it a new one is refused.'),
  'gateway.tls.certFile': optional(
    'The certificate of the gateway, and those between it and its authority (PEM). With it the gateway speaks `https` and `wss` only.',
  ),
  'gateway.tls.keyFile': optional('Its private key (PEM).'),
  'gateway.tls.keyPassword': { ...optional('What the key is encrypted with.'), sensitive: true },
  'gateway.tls.caFile': optional('The authorities (PEM) that certificates of clients have to come from.'),
  'gateway.tls.clientAuth': {
    format: ['none', 'requested', 'required'],
    default: 'none',
    doc: 'Whether clients show a certificate.',
  },
  'gateway.tls.minVersion': { format: ['TLSv1.2', 'TLSv1.3'], default: 'TLSv1.2', doc: 'The least version of TLS.' },
  'gateway.tls.reloadMs': count(
    10_000,
    100,
    'How often (ms) the files are looked at, those of `gateway.auth.publicKeys` too: those that changed are used for new connections, and tokens.',
  ),
  'gateway.tls.identity': {
    format: ['none', 'cn', 'dns', 'email', 'uri'],
    default: 'none',
    doc: "What of a client's certificate says who it is where no token came: the name of its subject (`cn`), or its only alternative name of a kind.",
  },
  'gateway.tls.claims': {
    format: 'claims',
    default: '{}',
    doc: 'What such a client may do, as the claims of a token: `{"subscribe":["bus:*"],"publish":["report:#{sub}"]}`.',
  },
  'gateway.proxy.trusted': {
    format: 'networks',
    default: [],
    doc: 'Addresses and networks (`10.0.0.0/8`, `fd00::/8`) of the proxies before the gateway: only they may say, by `X-Forwarded-For`, `-Proto` and `-Host`, whose request it is.',
  },
  'gateway.proxy.protocol': {
    format: ['none', 'v1', 'v2', 'any'],
    default: 'none',
    doc: 'Which version of the PROXY protocol each connection of these proxies begins with; others never do.',
  },
  'gateway.position.keys': {
    format: 'position-keys',
    default: [],
    sensitive: true,
    doc: 'Keys of positions, base64 of 32 bytes each: the first makes them, all are accepted. Empty: a file beside the offsets holds one.',
  },
  'gateway.position.maxAgeMs': count(
    604_800_000,
    1,
    'How old (ms) a position may be to resume from.',
    Number.MAX_SAFE_INTEGER,
  ),
  'gateway.position.intervalMs': count(30_000, 100, 'How often (ms) at most a quiet channel is told its position.'),
  'gateway.position.epochMs': count(60_000, 1000, 'How long (ms) an epoch of positions lasts.'),
  'gateway.resume.readers': count(
    2,
    1,
    'How many times at once the topics of one connector are read back for clients whose position left the memory; they share these.',
    64,
  ),
  'gateway.resume.readBytesPerS': count(
    33_554_432,
    0,
    'How much (bytes a second) the worker reads back, all connectors together. 0: no bound.',
  ),
  'gateway.resume.historyItems': count(1000, 1, 'The most messages that answer one `history` request.', 10_000),
  'gateway.limits.frameBytes': count(65_536, 1024, 'The largest frame (bytes) that a client may send.'),
  'gateway.limits.messageBytes': count(
    1_048_576,
    1024,
    'The largest frame (bytes) of a message that is sent to a client; a notice `oversize` stands for a larger one. A client may ask for less.',
  ),
  'gateway.limits.sessions': count(0, 0, 'The most connections. 0: the descriptor limit less 256.'),
  'gateway.limits.subscriptionsPerSession': count(100, 1, 'The most subscriptions of one connection.'),
  'gateway.limits.sendBufferBytes': count(
    1_048_576,
    65_536,
    'The most bytes that wait for one client in this process; beyond it the client gets its messages at its own speed.',
  ),
  'gateway.limits.inFlightBytes': count(
    262_144,
    0,
    'The most bytes under way to one client, by its answers to pings that are sent in line. A client over it gets its messages at its own speed. 0: this is not measured.',
  ),
  'gateway.limits.conflatedMessages': count(
    10_000,
    1,
    'The most messages that wait for one subscription with delivery `latest` or `batch`. With so many no more are taken in until some were sent.',
  ),
  'gateway.limits.conflatedBytes': count(
    8_388_608,
    1024,
    'The most bytes that these messages hold, counted as those of the window are. With so many no more are taken in until some were sent; one message may go beyond it, however large it is. A client that stays so far behind falls behind its sink too, and is closed past `lag.max.ms`.',
  ),
  'gateway.limits.connectTimeoutMs': count(10_000, 100, 'How long (ms) a connection may take to send its first frame.'),
  'gateway.limits.pingIntervalMs': count(25_000, 100, 'How often (ms) clients are sent a ping.'),
  'gateway.limits.pingTimeoutMs': count(10_000, 100, 'How long (ms) a client may take to answer it.'),
  'gateway.limits.publishWindow': count(64, 1, 'The most messages of one connection that wait for Kafka.'),
  'gateway.limits.channelLength': count(255, 16, 'The most characters of a channel.', 4096),
  'gateway.processes': count(
    1,
    1,
    "How many processes serve clients behind the gateway's one port, for all cores. 1: the worker itself does. The limits hold for each of them, but `gateway.limits.sessions`, which they share.",
    256,
  ),
  'gateway.link.gates': {
    format: 'gates',
    default: [],
    doc: 'Gates on other machines (`tidegate gate`) that this worker links itself to: `tls://host:port`, or `unix:/path` on this machine. Every worker of a cluster may name the same ones.',
  },
  'gateway.link.cert': optional("A PEM file: this worker's certificate for its links, with the chain."),
  'gateway.link.key': optional('A PEM file: its key.'),
  'gateway.link.ca': optional('A PEM file: the authorities that gates are certified by.'),
  'gateway.link.maxQueuedBytes': count(
    67_108_864,
    1_048_576,
    'The most bytes that wait for one gate or process that does not keep up; beyond it its link is cut, and it begins anew.',
  ),
  'gateway.link.heartbeatMs': count(
    5000,
    100,
    'How often (ms) the ends of a link speak at least; one that was not heard for three times as long counts as dead.',
  ),
  'gate.link.host': {
    format: 'text',
    default: '127.0.0.1',
    doc: 'The address on which `tidegate gate` waits for workers.',
  },
  'gate.link.port': port(8090, 'Its port.'),
  'gate.link.path': optional(
    'A Unix socket to wait on instead, for workers of this machine; only its owner may use it.',
  ),
  'gate.link.cert': optional("A PEM file: the gate's certificate for its links, with the chain."),
  'gate.link.key': optional('A PEM file: its key.'),
  'gate.link.ca': optional('A PEM file: the authorities that workers are certified by; others are refused.'),
  'gate.metrics.host': {
    format: 'text',
    default: '127.0.0.1',
    doc: 'The address on which `tidegate gate` tells its metrics, at `/metrics`; it is for its operators alone.',
  },
  'gate.metrics.port': port(8091, 'Its port.'),
  ...limitKeys,
}

/** The environment variable of a setting: `gateway.auth.clockSkewS` → `TIDEGATE_GATEWAY_AUTH_CLOCK_SKEW_S`. */
export const envName = (name: string): string =>
  `TIDEGATE_${name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`

export interface SettingDoc {
  readonly name: string
  readonly env: string
  readonly type: string
  /** As one writes it in a file; undefined when there is none. */
  readonly default: string | undefined
  readonly values?: readonly string[]
  readonly sensitive: boolean
  readonly doc: string
}

/** The settings as `docs/configuration.md` shows them. */
export function settingDocs(): readonly SettingDoc[] {
  return Object.entries(settingKeys).map(([name, { format, default: standard, sensitive = false, doc }]) => ({
    name,
    env: envName(name),
    type: typeof format === 'string' ? format : 'text',
    default: standard === null ? undefined : String(standard),
    ...(typeof format === 'string' ? {} : { values: format }),
    sensitive,
    doc,
  }))
}
