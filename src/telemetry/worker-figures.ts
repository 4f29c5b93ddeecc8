import type { TaskFigures } from './task-figures.ts'

/** What a scrape reads: the counts that are kept, and the states as they are at this moment. */
export interface WorkerFigures {
  readonly now: number
  readonly tasks: readonly TaskFigures[]
  readonly startups: { readonly connector: Startups; readonly task: Startups }
  readonly connectors: readonly ConnectorFigures[]
  readonly gateway: GatewayFigures | undefined
  readonly worker: { readonly version: string; readonly startedAt: number }
  readonly kafka: KafkaFigures
  /** Undefined: this is no gate of its own. */
  readonly links: readonly LinkFigures[] | undefined
}

/** A worker that is linked to a gate. */
export interface LinkFigures {
  readonly worker: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** What the process has asked of Kafka since it started. */
export interface KafkaFigures {
  readonly connections: number
  /** By the name of the request. */
  readonly requests: Readonly<Record<string, number>>
}

export interface Startups {
  succeeded: number
  failed: number
}

export interface ConnectorFigures {
  readonly name: string
  /** Whether the connector itself is this worker's; of a connector of another worker there are tasks only. */
  readonly isHere: boolean
  readonly type: string
  readonly class: string
  readonly version: string
  readonly state: string
  readonly health: string
  /** Restarts by themselves within the window of `errors.restart.*`. */
  readonly restarts: number
  /** Of this worker. */
  readonly tasks: readonly { readonly id: number; readonly state: string }[]
}

/** The gateway's `stats()`. */
export interface GatewayFigures {
  readonly sessions: number
  readonly subscriptions: number
  readonly namespaces: readonly { readonly namespace: string; readonly subscriptions: number }[]
  readonly catchingUp: number
  readonly readBacks: number
  readonly readBackRecords: number
  readonly readBackBytes: number
  readonly readBackWaiting: number
  readonly delivered: number
  readonly closedSlow: number
  readonly filterEvaluations: number
  readonly filterErrors: number
  readonly filterHolds: number
  /** By close code, and by the code of the refusal. */
  readonly closed: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  readonly handshakes: number
  readonly handshakesCut: number
  readonly loadLevel: number
  readonly loadShed: number
  readonly connectors: readonly {
    readonly connector: string
    readonly ready: boolean
    readonly channels: number
    readonly windowBytes: number
    readonly windowMessages: number
    readonly snapshotBytes: number
    readonly snapshotEntries: number
  }[]
}
