/**
 * What the runtime tells of itself while it works; names, types and help of the metrics are telemetry's affair, which implements this.
 * Every call is cheap and never throws.
 */
export interface RuntimeMetrics {
  /** A connector was asked to start, and whether it did. */
  connectorStartup(connector: string, succeeded: boolean): void
  taskStartup(connector: string, succeeded: boolean): void
  /** The figures of one life of a task; `close` when it has ended. */
  task(info: MeteredTask): TaskMetrics
  /** A connector is gone: what is known of it is forgotten. */
  forget(connector: string): void
}

export interface MeteredTask {
  readonly connector: string
  readonly task: number
  readonly type: 'source' | 'sink'
  readonly class: string
  readonly version: string
}

export interface TaskMetrics {
  /** Records handed to the task at once (sink) or got from it (source). */
  batch(records: number): void
  offsetCommit(ms: number, succeeded: boolean): void
  /** Sink: records read from Kafka, and records given to `put` after conversion and transformation. */
  read(records: number): void
  sent(records: number, ms: number): void
  /** Sink: partitions assigned at this moment. */
  partitions(count: number): void
  /** Sink: nothing had changed since the last commit. */
  offsetCommitSkipped(): void
  /** Sink: how far (records) the task is behind the end of the partition that lags most. */
  lag(records: number): void
  /** Source: records of one poll and how long (ms) it took; and records that Kafka has acknowledged. */
  polled(records: number, ms: number): void
  written(records: number): void
  /** Records read but not yet put, or polled but not yet acknowledged. */
  active(records: number): void
  paused(isPaused: boolean): void
  /** A try failed; a record was given up; a record was skipped; a try was repeated; a failure was logged. */
  recordFailed(): void
  recordError(): void
  recordSkipped(): void
  retried(): void
  errorLogged(): void
  deadLetter(succeeded: boolean): void
  close(): void
}

const ignore = (): void => undefined

/** For a worker that counts nothing, as in tests and benchmarks. */
export const noMetrics: RuntimeMetrics = {
  connectorStartup: ignore,
  taskStartup: ignore,
  task: () => ({
    batch: ignore,
    offsetCommit: ignore,
    read: ignore,
    sent: ignore,
    partitions: ignore,
    offsetCommitSkipped: ignore,
    lag: ignore,
    polled: ignore,
    written: ignore,
    active: ignore,
    paused: ignore,
    recordFailed: ignore,
    recordError: ignore,
    recordSkipped: ignore,
    retried: ignore,
    errorLogged: ignore,
    deadLetter: ignore,
    close: ignore,
  }),
  forget: ignore,
}
