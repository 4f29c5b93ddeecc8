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
  /** Of at least 32 bytes; null: none. */
  readonly secret: string | null
  /** Files: PEM or JWKS. */
  readonly publicKeys: readonly string[]
  readonly jwksUrl: string | null
  /** How old fetched keys may be before they are fetched anew, and how old at the most when that fails. */
  readonly jwksRefreshS: number
  readonly jwksMaxAgeS: number
  /** At least so long lies between two fetches for a `kid` that is not known. */
  readonly jwksCooldownS: number
  readonly jwksTimeoutMs: number
  /** Empty: those that fit each key. */
  readonly algorithms: readonly string[]
  readonly requireExp: boolean
  /** 0: no bound. */
  readonly maxTokenAgeS: number
  readonly issuer: string | null
  readonly audience: string | null
  readonly clockSkewS: number
}

/** Which part of a client's certificate names it. */
export type CertificateName = 'none' | 'cn' | 'dns' | 'email' | 'uri'

export interface TlsSettings {
  /** null: no TLS. */
  readonly certFile: string | null
  readonly keyFile: string | null
  readonly keyPassword: string | null
  readonly caFile: string | null
  readonly clientAuth: 'none' | 'requested' | 'required'
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** How often the files are looked at. */
  readonly reloadMs: number
  readonly identity: CertificateName
  /** What who is known by a certificate may do, as a token's claims. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface ProxySettings {
  /** Addresses and networks. */
  readonly trusted: readonly string[]
  readonly protocol: 'none' | 'v1' | 'v2' | 'any'
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
  /** The largest frame of a message that is sent to a client; a client may ask for less. */
  readonly messageBytes: number
  /** Connections at once; 0: no limit but the machine's. */
  readonly sessions: number
  readonly subscriptionsPerSession: number
  /** What may wait for one client in this process. */
  readonly sendBufferBytes: number
  /** What may be under way to one client, by its answers to pings; 0: this is not measured. */
  readonly inFlightBytes: number
  /** Messages that may wait for one subscription while they are conflated, and their bytes as the window counts them. */
  readonly conflatedMessages: number
  readonly conflatedBytes: number
  readonly connectTimeoutMs: number
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** Publications of one client that may wait for Kafka. */
  readonly publishWindow: number
  readonly channelLength: number
  /** Clients let in a second, and at once; 0: no bound. Those that come back have a lane of their own. */
  readonly connectionsPerS: number
  readonly connectionBurst: number
  readonly resumesPerS: number
  readonly resumeBurst: number
  /** 0: no bound. Of an IPv6 address only the prefix (bits) counts. */
  readonly sessionsPerAddress: number
  readonly addressPrefix6: number
  /** Connections of one user to this worker; 0: no bound. */
  readonly sessionsPerUser: number
  /** Connections that are no client's (yet), and how long they may take to say what they want. */
  readonly pendingHandshakes: number
  readonly handshakeTimeoutMs: number
  /** Without a subscription and without a frame; 0: for ever. */
  readonly idleTimeoutMs: number
  /** From a frame's first byte to its last. */
  readonly frameTimeoutMs: number
  /** What is taken from one connection; 0: no bound. */
  readonly messagesPerS: number
  readonly bytesPerS: number
  /** How long a client may be held back by these before it is closed; 0: for ever. */
  readonly overRateMs: number
  /** Of one connection, but for publications and pings; 0: no bound. */
  readonly requestsPerS: number
  /** Messages and snapshot entries that the filters and boxes of one connection are asked about; 0: no bound. */
  readonly evaluationsPerS: number
  /** Of the whole process; 0: no bound. */
  readonly snapshotBytesPerS: number
  /** Where load begins to be shed; 0: not by this. */
  readonly eventLoopDelayMs: number
  readonly memoryBytes: number
  /** The longest time over which clients leave a gate that stops. */
  readonly drainMs: number
}

export interface ResumeSettings {
  /** Read-backs of one connector at once. */
  readonly readers: number
  /** Bytes a second that are read back, all connectors together; 0: no bound. */
  readonly readBytesPerS: number
  /** The most items that answer a `history` request. */
  readonly historyItems: number
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
  /** `channel`: messages are compressed once for all clients that take permessage-deflate. */
  readonly compression: 'none' | 'channel'
  readonly namespaces: Readonly<Record<string, NamespaceSettings>>
  readonly auth: AuthSettings
  readonly revocations: { readonly max: number }
  readonly tls: TlsSettings
  readonly proxy: ProxySettings
  readonly position: PositionSettings
  readonly resume: ResumeSettings
  readonly limits: LimitSettings
}
