/** Who may act in a namespace: anybody, whose token grants it, or nobody. */
export type Access = 'anonymous' | 'token' | 'none'
/** What a namespace grants or refuses by name, and what a token's claims of these names grant. */
export type Action = 'subscribe' | 'publish' | 'history' | 'presence' | 'statistics'
export type Delivery = 'every' | 'latest' | 'batch'

/** What the platform team allows: the bounds within which connectors declare and clients ask. */
export interface NamespaceSettings extends Readonly<Record<Action, Access>> {
  /** Tells publishers the topic, partition and offset of what they published. */
  readonly 'expose.coordinates': boolean
  readonly snapshots: boolean
  readonly wildcards: boolean
  /** Filters by value and boxes. */
  readonly filters: boolean
  readonly delta: boolean
  readonly deliveries: readonly Delivery[]
  /** A client that falls behind in `every` is moved to `latest`, and back. */
  readonly adaptive: boolean
  /** The most messages, and bytes, a second for one subscription; 0: no bound. */
  readonly 'max.rate': number
  readonly 'max.bandwidth': number
  /** The most messages unacknowledged in ACK mode; 0: no ACK mode. */
  readonly 'max.window': number
  /** How far (ms) a client in `every` may be behind before it is closed. */
  readonly 'lag.max.ms': number
  /** What a connector may declare for its channels. */
  readonly 'window.max.bytes': number
  readonly 'snapshot.max.bytes': number
}

export interface AuthSettings {
  /** The HS256 secret; null: no token is accepted. */
  readonly secret: string | null
  readonly issuer: string | null
  readonly audience: string | null
  readonly clockSkewS: number
}

export interface PositionSettings {
  /** Base64 of 32 bytes each: the first makes positions, all open them. */
  readonly keys: readonly string[]
  /** A position issued longer ago is refused. */
  readonly maxAgeMs: number
  /** How often, at most, a position is told without a message. */
  readonly intervalMs: number
  /** How often, at most, a new epoch is issued; sooner only when cursors grow long. */
  readonly epochMs: number
}

export interface LimitSettings {
  /** The longest frame a client may send. */
  readonly frameBytes: number
  /** Connections at once; 0: no limit but the machine's. */
  readonly sessions: number
  readonly subscriptionsPerSession: number
  /** What may wait for one client in this process. */
  readonly sendBufferBytes: number
  readonly connectTimeoutMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** Publications of one client that may wait for Kafka. */
  readonly publishWindow: number
  readonly channelLength: number
}

/** The gate as the platform team configures it. */
export interface GatewaySettings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Empty: the gate's own pages only, under `localhost`, an address or `host`; `*`: any. Requests without `Origin` pass. */
  readonly origins: readonly string[]
  /** A folder served at `/`. */
  readonly static: string | null
  readonly namespaces: Readonly<Record<string, NamespaceSettings>>
  readonly auth: AuthSettings
  readonly position: PositionSettings
  readonly limits: LimitSettings
}
