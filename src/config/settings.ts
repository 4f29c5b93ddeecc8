import type { NamespaceRules } from './namespace-rules.ts'

/** The process's own settings, after defaults, file, environment and flags. */
export interface Settings {
  readonly log: { readonly level: LogLevel }
  readonly rest: { readonly host: string; readonly port: number }
  readonly gateway: GatewaySettings
  /** Of `tidegate gate` alone. */
  readonly gate: { readonly link: GateLinkSettings; readonly metrics: GateMetricsSettings }
}

export interface LinkKeyFiles {
  readonly cert: string | null
  readonly key: string | null
  readonly ca: string | null
}

export interface GateMetricsSettings {
  readonly host: string
  readonly port: number
}

export interface GateLinkSettings extends LinkKeyFiles {
  readonly host: string
  readonly port: number
  readonly path: string | null
}

export interface WorkerLinkSettings extends LinkKeyFiles {
  readonly gates: readonly string[]
  readonly maxQueuedBytes: number
  readonly heartbeatMs: number
}

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface GatewaySettings {
  readonly enabled: boolean
  readonly processes: number
  readonly link: WorkerLinkSettings
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly static: string | null
  readonly compression: 'none' | 'channel'
  readonly namespaces: Readonly<Record<string, NamespaceRules>>
  readonly auth: {
    readonly secret: string | null
    readonly publicKeys: readonly string[]
    readonly jwksUrl: string | null
    readonly jwksRefreshS: number
    readonly jwksCooldownS: number
    readonly jwksTimeoutMs: number
    readonly jwksMaxAgeS: number
    readonly algorithms: readonly string[]
    readonly requireExp: boolean
    readonly maxTokenAgeS: number
    readonly issuer: string | null
    readonly audience: string | null
    readonly clockSkewS: number
  }
  readonly revocations: {
    readonly topic: string | null
    readonly replicationFactor: number
    readonly max: number
  }
  readonly tls: {
    readonly certFile: string | null
    readonly keyFile: string | null
    readonly keyPassword: string | null
    readonly caFile: string | null
    readonly clientAuth: 'none' | 'requested' | 'required'
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
    readonly reloadMs: number
    readonly identity: 'none' | 'cn' | 'dns' | 'email' | 'uri'
    readonly claims: Readonly<Record<string, unknown>>
  }
  readonly proxy: {
    readonly trusted: readonly string[]
    readonly protocol: 'none' | 'v1' | 'v2' | 'any'
  }
  readonly position: {
    readonly keys: readonly string[]
    readonly maxAgeMs: number
    readonly intervalMs: number
    readonly epochMs: number
  }
  readonly resume: {
    readonly readers: number
    readonly readBytesPerS: number
    readonly historyItems: number
  }
  readonly limits: {
    readonly frameBytes: number
    readonly messageBytes: number
    readonly sessions: number
    readonly subscriptionsPerSession: number
    readonly sendBufferBytes: number
    readonly inFlightBytes: number
    readonly conflatedMessages: number
    readonly conflatedBytes: number
    readonly connectTimeoutMs: number
    readonly pingIntervalMs: number
    readonly pingTimeoutMs: number
    readonly publishWindow: number
    readonly channelLength: number
    readonly connectionsPerS: number
    readonly connectionBurst: number
    readonly resumesPerS: number
    readonly resumeBurst: number
    readonly sessionsPerAddress: number
    readonly addressPrefix6: number
    readonly sessionsPerUser: number
    readonly pendingHandshakes: number
    readonly handshakeTimeoutMs: number
    readonly idleTimeoutMs: number
    readonly frameTimeoutMs: number
    readonly messagesPerS: number
    readonly bytesPerS: number
    readonly overRateMs: number
    readonly requestsPerS: number
    readonly evaluationsPerS: number
    readonly snapshotBytesPerS: number
    readonly eventLoopDelayMs: number
    readonly memoryBytes: number
    readonly drainMs: number
  }
}
