import { count, type TaskFigures } from './task-figures.ts'

/** The hooks through which a task tells of itself; the runtime's `TaskMetrics`. */
export function taskMetrics(figures: TaskFigures, now: () => number, ended: () => void) {
  const { errors, commits } = figures
  const erred = (): void => {
    errors.lastAt = now()
  }
  return {
    batch: (records: number) => figures.batch.record(records),
    offsetCommit(ms: number, succeeded: boolean) {
      commits.started++
      commits.succeeded.record(succeeded ? 1 : 0)
      if (!succeeded) return
      commits.completed++
      commits.ms.record(ms)
      figures.commitRate.record(1)
    },
    read: (records: number) => count(figures.read, records),
    sent(records: number, ms: number) {
      count(figures.sent, records)
      figures.putMs.record(ms)
    },
    partitions(partitions: number) {
      figures.partitions = partitions
    },
    offsetCommitSkipped() {
      commits.skipped++
      figures.skipRate.record(1)
    },
    lag(records: number) {
      figures.lag = records
    },
    polled(records: number, ms: number) {
      count(figures.polled, records)
      figures.pollMs.record(ms)
    },
    written: (records: number) => count(figures.written, records),
    active(records: number) {
      figures.active = records
      figures.activeSamples.record(records)
    },
    paused(isPaused: boolean) {
      if (isPaused) figures.pausedSince ??= now()
      else if (figures.pausedSince !== undefined) {
        figures.pausedMs += now() - figures.pausedSince
        figures.pausedSince = undefined
      }
    },
    recordFailed() {
      errors.failures++
      erred()
    },
    recordError() {
      errors.errors++
      erred()
    },
    recordSkipped() {
      errors.skipped++
    },
    retried() {
      errors.retries++
    },
    errorLogged() {
      errors.logged++
    },
    deadLetter(succeeded: boolean) {
      errors.deadLetters++
      if (!succeeded) errors.deadLetterFailures++
    },
    close: ended,
  }
}
