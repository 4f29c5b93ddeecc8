import type { SinkTask, TopicPartitionOffset } from '#api'
import type { RecordConsumer } from '../kafka/index.ts'
import { within } from '../util/within.ts'
import type { OffsetTracker } from './offset-tracker.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

interface CommitterOptions {
  readonly task: SinkTask
  readonly tracker: OffsetTracker
  readonly consumer: () => RecordConsumer | undefined
  readonly reports: ReadonlySet<Promise<void>>
  readonly run: TaskRun
  readonly deps: WorkerDeps
}

/** Commits what was flushed and never more; one at a time, and off the path of delivery (awaiting it would cost each message 20 ms). */
export function createCommitter({ task, tracker, consumer, reports, run, deps }: CommitterOptions) {
  let flushed: ReturnType<OffsetTracker['all']> | undefined
  let committing: Promise<void> | undefined
  let isFailing = false

  async function commitOnce(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      await consumer()?.commit(offsets)
      tracker.committed(offsets)
      isFailing = false
    } catch (error) {
      if (!isFailing) run.log.warn({ error }, 'commits fail and are tried again at each interval')
      isFailing = true
    }
  }

  return {
    async commit(): Promise<void> {
      await Promise.allSettled(reports)
      try {
        flushed = task.flush ? ((await task.flush(tracker.all())) ?? tracker.all()) : undefined
      } catch (error) {
        run.log.warn({ error }, 'flush failed; what came after the last commit is delivered again')
        consumer()?.seek(tracker.rewind())
        return
      }
      const offsets = tracker.committable(flushed)
      if (offsets.length === 0 || committing) return
      committing = commitOnce(offsets).finally(() => {
        committing = undefined
      })
    },
    /** What may be committed at this moment, without asking the task. */
    now: () => (task.flush ? tracker.committable(flushed ?? []) : tracker.committable()),
    /** Waits for the commit under way, `offset.flush.timeout.ms` at most. */
    async settled(): Promise<void> {
      if (committing) await within(deps.settings['offset.flush.timeout.ms'], committing, deps.clock)
    },
  }
}
