import type { SinkTask, TopicPartitionOffset } from '#api'
import type { RecordConsumer } from '../kafka/index.ts'
import { within } from '../util/within.ts'
import type { ErrantReports } from './errant-reports.ts'
import type { TaskMetrics } from './metrics.ts'
import type { OffsetTracker } from './offset-tracker.ts'
import type { TaskRun, WorkerDeps } from './task-run.ts'

interface CommitterOptions {
  readonly task: SinkTask
  readonly tracker: OffsetTracker
  readonly consumer: () => RecordConsumer | undefined
  readonly reports: ErrantReports
  readonly run: TaskRun
  readonly deps: WorkerDeps
  readonly metrics: TaskMetrics
  /** Whether commits are this task's: the numbered one's alone. */
  isNumbered(): boolean
}

/** Commits what was flushed and never more; one at a time, and off the path of delivery (awaiting it would cost each message 20 ms). */
export function createCommitter(options: CommitterOptions) {
  const { task, tracker, consumer, reports, run, deps, metrics, isNumbered } = options
  let flushed: readonly TopicPartitionOffset[] | undefined
  let committing: Promise<void> | undefined
  let isFailing = false

  async function send(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const began = deps.clock.now()
    try {
      await consumer()?.commit(offsets)
      tracker.committed(offsets)
      metrics.offsetCommit(deps.clock.now() - began, true)
      isFailing = false
    } catch (error) {
      metrics.offsetCommit(deps.clock.now() - began, false)
      if (!isFailing) run.log.warn({ error }, 'commits fail and are tried again at each interval')
      isFailing = true
    }
  }

  /** After a change of the assignment the next poll says what is still ours. */
  const isOver = (): boolean => consumer()?.changed() === true || run.cancelled()

  async function commit(): Promise<void> {
    if (!isNumbered() || !(await reports.settled()) || isOver()) return
    try {
      flushed = task.flush ? ((await task.flush(tracker.all())) ?? tracker.all()) : undefined
    } catch (error) {
      if (isOver()) return
      run.log.warn({ error }, 'flush failed; what came after the last commit is delivered again')
      consumer()?.seek(tracker.rewind())
      return
    }
    // A flush takes its time: partitions may have moved meanwhile, and a commit would set their new owner back.
    if (isOver() || !isNumbered()) return
    const offsets = tracker.committable(flushed)
    if (offsets.length === 0 || committing) return metrics.offsetCommitSkipped()
    committing = send(offsets).finally(() => {
      committing = undefined
    })
  }

  /** Waits for the commit under way, `offset.flush.timeout.ms` at most. */
  async function settled(): Promise<void> {
    if (committing) await within(deps.settings['offset.flush.timeout.ms'], committing, deps.clock)
  }

  return {
    commit,
    /** What may be committed at this moment, without asking the task. */
    now: () =>
      isNumbered() && reports.isQuiet() && !run.cancelled()
        ? tracker.committable(task.flush ? (flushed ?? []) : undefined)
        : [],
    /** The commit before the end. One may be under way already; what came after it needs one more. */
    async last(): Promise<void> {
      await settled()
      await commit()
      await settled()
    },
  }
}
