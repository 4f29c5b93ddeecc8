import { createSampled, type Sampled, type SampleSettings } from './window.ts'

/** Whose figures they are; the labels of its metrics come from here. */
export interface FiguredTask {
  readonly connector: string
  readonly task: number
  readonly type: 'source' | 'sink'
  readonly class: string
  readonly version: string
}

/** What is counted of one life of a task; the table of metrics reads it. */
export interface TaskFigures {
  readonly of: FiguredTask
  readonly batch: Sampled
  readonly commits: {
    readonly ms: Sampled
    readonly succeeded: Sampled
    completed: number
    skipped: number
    started: number
  }
  readonly commitRate: Sampled
  readonly skipRate: Sampled
  readonly read: Counted
  readonly sent: Counted
  readonly putMs: Sampled
  readonly polled: Counted
  readonly pollMs: Sampled
  readonly written: Counted
  readonly activeSamples: Sampled
  active: number
  partitions: number
  lag: number | undefined
  readonly errors: {
    failures: number
    errors: number
    skipped: number
    retries: number
    logged: number
    deadLetters: number
    deadLetterFailures: number
    /** Milliseconds since the epoch; 0: never. */
    lastAt: number
  }
  /** Milliseconds in each state since the task began. */
  readonly since: number
  pausedMs: number
  pausedSince: number | undefined
}

/** A total and its rate. */
export interface Counted {
  total: number
  readonly rate: Sampled
}

export function createTaskFigures(of: FiguredTask, settings: SampleSettings): TaskFigures {
  const sampled = () => createSampled(settings)
  const counted = (): Counted => ({ total: 0, rate: sampled() })
  return {
    of,
    batch: sampled(),
    commits: { ms: sampled(), succeeded: sampled(), completed: 0, skipped: 0, started: 0 },
    commitRate: sampled(),
    skipRate: sampled(),
    read: counted(),
    sent: counted(),
    putMs: sampled(),
    polled: counted(),
    pollMs: sampled(),
    written: counted(),
    activeSamples: sampled(),
    active: 0,
    partitions: 0,
    lag: undefined,
    errors: {
      failures: 0,
      errors: 0,
      skipped: 0,
      retries: 0,
      logged: 0,
      deadLetters: 0,
      deadLetterFailures: 0,
      lastAt: 0,
    },
    since: settings.now(),
    pausedMs: 0,
    pausedSince: undefined,
  }
}

export function count(counted: Counted, records: number): void {
  counted.total += records
  counted.rate.record(records)
}
