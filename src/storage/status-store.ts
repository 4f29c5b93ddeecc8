export type ReportedState = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING'

/** What a worker says of a connector or task. */
export interface Status {
  readonly state: ReportedState
  readonly trace?: string | undefined
  /** `host:port`. */
  readonly workerId: string
  /** Of the group, when it was written. */
  readonly generation: number
  readonly version: string | null
  /** Ours, beside Kafka Connect's fields, which its workers pass over. */
  readonly facts?: Readonly<Record<string, string | number | boolean>> | undefined
}

/**
 * The compacted status topic, in Kafka Connect's record formats. Writes return at once and reach the topic soon, the newest of a key last;
 * what could not be written is logged and tried again, the newest alone.
 */
export interface StatusStore {
  connector(name: string): Status | undefined
  task(name: string, task: number): Status | undefined
  /** By number, of one connector. */
  tasks(name: string): ReadonlyMap<number, Status>
  /** Every connector that has a status of its own or of a task, or uses a topic, for the leader to clean up. */
  connectors(): ReadonlySet<string>
  /** `safe`: not over a status of a newer generation, nor over another worker's of the same one. Undefined: a tombstone. */
  putConnector(name: string, status: Status | undefined, safe?: boolean): void
  putTask(name: string, task: number, status: Status | undefined, safe?: boolean): void
  /** The topics that a connector uses (KIP-558), with when each was first seen (ms) and by which task. */
  topics(name: string): readonly string[]
  putTopic(name: string, task: number, topic: string): void
  removeTopics(name: string): void
  /** Resolves when all that was put is in Kafka, or `timeoutMs` have passed. */
  flush(timeoutMs: number): Promise<void>
  close(): Promise<void>
}
