/** Kafka Connect's group protocol (KIP-415, KIP-507): type `connect`, names in the order of preference. */
export const protocolType = 'connect'
export const sessioned = 'sessioned'

/** Connectors and tasks of a worker. */
export interface Work {
  readonly connectors: readonly string[]
  readonly tasks: readonly { readonly connector: string; readonly task: number }[]
}

/** What a worker tells the leader when it joins. */
export interface WorkerState {
  /** Its advertised URL, with a slash at the end as Java's. */
  readonly url: string
  /** Of the last record that it has read of the config topic. */
  readonly offset: bigint
  /** What it runs; undefined when it has nothing from an earlier generation. */
  readonly assignment: Assignment | undefined
}

/** What the leader tells a worker. */
export interface Assignment {
  /** 0: none; 1: CONFIG_MISMATCH, this worker or the leader has to read on before anything can be decided. */
  readonly error: number
  /** Member id. */
  readonly leader: string
  readonly leaderUrl: string
  /** Of the config topic, as the leader had read it. */
  readonly offset: bigint
  /** All that the worker is to run, what it runs already included. */
  readonly assigned: Work
  /** What it has to stop and then join again. */
  readonly revoked: Work
  /** Milliseconds after which every member joins again, because work of a worker that is gone waits for it; 0: none. */
  readonly delay: number
}
