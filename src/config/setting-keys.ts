import { namespaceRules } from './namespace-rules.ts'

/** What convict is told of one setting. `format` is one of `formats.ts`. */
export interface SettingKey {
  readonly format: string | readonly string[]
  readonly default: string | number | boolean | null | readonly string[]
  readonly doc: string
  readonly min?: number
  readonly max?: number
  /** Never printed. */
  readonly sensitive?: boolean
}

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
  'gateway.namespaces': {
    format: 'namespaces',
    default: '{}',
    doc: `What is allowed in each namespace; a channel in no namespace is refused. ${namespaceDoc}`,
  },
  'gateway.auth.secret': {
    ...optional(
      'The secret that tokens are signed with (HS256), at least 32 bytes. A token without `exp` stays good until the secret changes.',
    ),
    format: 'secret',
    sensitive: true,
  },
  'gateway.auth.issuer': optional('What `iss` of a token has to be.'),
  'gateway.auth.audience': optional('What `aud` of a token has to hold.'),
  'gateway.auth.clockSkewS': count(30, 0, 'How far (s) the clocks of the issuer and the gateway may differ.', 3600),
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
  'gateway.limits.frameBytes': count(65_536, 1024, 'The largest frame (bytes) that a client may send.'),
  'gateway.limits.sessions': count(0, 0, 'The most connections. 0: the descriptor limit less 256.'),
  'gateway.limits.subscriptionsPerSession': count(100, 1, 'The most subscriptions of one connection.'),
  'gateway.limits.sendBufferBytes': count(
    1_048_576,
    65_536,
    'The most bytes that wait for one client; beyond it the client is closed.',
  ),
  'gateway.limits.connectTimeoutMs': count(10_000, 100, 'How long (ms) a connection may take to send its first frame.'),
  'gateway.limits.pingIntervalMs': count(25_000, 100, 'How often (ms) clients are sent a ping.'),
  'gateway.limits.pingTimeoutMs': count(10_000, 100, 'How long (ms) a client may take to answer it.'),
  'gateway.limits.publishWindow': count(64, 1, 'The most messages of one connection that wait for Kafka.'),
  'gateway.limits.channelLength': count(255, 16, 'The most characters of a channel.', 4096),
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
