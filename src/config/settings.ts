import type { NamespaceRules } from './namespace-rules.ts'

/** The process's own settings, after defaults, file, environment and flags. */
export interface Settings {
  readonly log: { readonly level: LogLevel }
  readonly rest: { readonly host: string; readonly port: number }
  readonly gateway: GatewaySettings
}

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface GatewaySettings {
  readonly enabled: boolean
  readonly host: string
  readonly port: number
  readonly origins: readonly string[]
  readonly static: string | null
  readonly namespaces: Readonly<Record<string, NamespaceRules>>
  readonly auth: {
    readonly secret: string | null
    readonly issuer: string | null
    readonly audience: string | null
    readonly clockSkewS: number
  }
  readonly position: {
    readonly keys: readonly string[]
    readonly maxAgeMs: number
    readonly intervalMs: number
    readonly epochMs: number
  }
  readonly limits: {
    readonly frameBytes: number
    readonly sessions: number
    readonly subscriptionsPerSession: number
    readonly sendBufferBytes: number
    readonly connectTimeoutMs: number
    readonly pingIntervalMs: number
    readonly pingTimeoutMs: number
    readonly publishWindow: number
    readonly channelLength: number
  }
}
