/** One row of the table: the same thing measured three ways in the same run. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly ours: number
  /** As a tutorial would do it. */
  readonly naive: number
  /** The least that the same work can cost with the same libraries. */
  readonly limit: number
  /** The same in Kafka Connect itself, where it can do it. */
  readonly java?: number
  /** The same in Centrifugo, where it can do it. */
  readonly centrifugo?: number
  /** Whether more is better, as with messages/s. */
  readonly higherIsBetter?: boolean
}

/** What a measure found out: rows for the table, and sentences that belong to them. */
export interface Findings {
  readonly rows: readonly Row[]
  readonly notes: readonly string[]
}

/** Where a measure works, and how much of it. */
export interface Bench {
  readonly scale: Scale
  readonly seed: number
  readonly kafka: string
  readonly registry: string
  /** What all topics, subjects and groups of this run begin with. */
  readonly prefix: string
  /** Where profiles of our own programs go; undefined: none are made. */
  readonly profiles: string | undefined
  /** Connections that one process may have. */
  readonly connections: number
  progress(line: string): void
}

export interface Scale {
  readonly rounds: number
  /** Sink path. */
  readonly records: number
  /** File pipeline. */
  readonly fileRecords: number
  /** Fan-out: numbers of clients, and deliveries of a round. */
  readonly clients: readonly number[]
  readonly deliveries: number
  readonly burstDeliveries: number
  /** Gate: how long messages come at a steady pace. */
  readonly gateSeconds: number
  readonly gateRounds: number
  /** The most clients of the curve. */
  readonly curveClients: number
  /** Ingress. */
  readonly messages: number
  readonly naiveMessages: number
  /** Memory. */
  readonly idleClients: number
}

export const fullScale: Scale = {
  rounds: 3,
  records: 1_000_000,
  fileRecords: 400_000,
  clients: [100, 1000, 5000],
  deliveries: 300_000,
  burstDeliveries: 1_000_000,
  gateSeconds: 4,
  gateRounds: 1,
  curveClients: 10_000,
  messages: 100_000,
  naiveMessages: 20_000,
  idleClients: 5000,
}

export const quickScale: Scale = {
  rounds: 1,
  records: 20_000,
  fileRecords: 8000,
  clients: [100],
  deliveries: 20_000,
  burstDeliveries: 100_000,
  gateSeconds: 2,
  gateRounds: 1,
  curveClients: 300,
  messages: 3000,
  naiveMessages: 1000,
  idleClients: 100,
}

/** The options with which our own programs write a CPU profile when they end. */
export const profiling = ({ profiles }: Pick<Bench, 'profiles'>): readonly string[] =>
  profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
