/** Who may act in a namespace: anybody, whose token grants it, or nobody. */
export type Access = 'anonymous' | 'token' | 'none'

export interface NamespaceSettings {
  readonly subscribe: Access
  readonly publish: Access
  /** Tells publishers the topic, partition and offset of what they published. */
  readonly 'expose.coordinates'?: boolean
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
