import type { Clock, Logger } from '#api'
import type { Connections } from './connections.ts'
import type { Hub } from './hub.ts'
import type { Limits } from './limits/limits.ts'
import type { Presence } from './presence.ts'
import type { GatewaySettings } from './settings.ts'
import type { Auth } from './who/auth.ts'

/** What a transport gets to work with. */
export interface Gate {
  readonly settings: GatewaySettings
  readonly hub: Hub
  readonly auth: Auth
  readonly connections: Connections
  readonly presence: Presence
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Logger
  /** Counts messages that a transport handed on by itself. */
  delivered(messages: number): void
}
