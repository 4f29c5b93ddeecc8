import type { Progress, SinkRecord, SinkTask } from '#api'
import { isRetriable } from '#api'
import { retry } from '../util/retry.ts'
import type { TaskMetrics } from './metrics.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

export interface PutOptions {
  readonly task: SinkTask
  readonly run: TaskRun
  readonly deps: WorkerDeps
  readonly metrics: TaskMetrics
}

const backoff = { initialMs: 100, maxMs: 10_000, jitter: 0.2 }

/**
 * Puts until the task takes the records. False when the task is to stop, or when the assignment changed between two tries: the
 * records come again, from where the group's commit is.
 */
export async function putRecords(
  records: readonly SinkRecord[],
  progress: readonly Progress[],
  { task, run, deps, metrics }: PutOptions,
  changed: () => boolean,
): Promise<boolean> {
  const { clock } = deps
  const again = (error: unknown, attempt: number): boolean => {
    if (!isRetriable(error) || changed()) return false
    run.log.warn({ error, attempt }, 'the task asks to be given the same records again')
    return true
  }
  metrics.active(records.length)
  try {
    await retry(
      async () => {
        const began = clock.now()
        await task.put(records, progress)
        metrics.sent(records.length, clock.now() - began)
      },
      { clock, signal: run.signal, backoff, again },
    )
    metrics.batch(records.length)
    return true
  } catch (error) {
    if (isRetriable(error)) return false
    throw error
  } finally {
    metrics.active(0)
  }
}
