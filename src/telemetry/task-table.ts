import type { Labels, Metric, MetricType } from './metric.ts'
import type { TaskFigures } from './task-figures.ts'

const tasksOf = (bean: string, group: string, kind: 'source' | 'sink' | undefined) => {
  const metric = (
    attribute: string,
    type: MetricType,
    help: string,
    value: (task: TaskFigures, now: number) => number | undefined,
  ): Metric => ({
    name: `kafka_connect_${group}_${attribute.replaceAll('-', '_')}`,
    type,
    help,
    labels: ['connector', 'task'],
    bean: `type=${bean} ${attribute}`,
    *read({ tasks, now }) {
      for (const task of tasks) {
        if (kind === undefined || task.of.type === kind) yield [labelsOf(task), value(task, now)]
      }
    },
  })
  return metric
}

const labelsOf = ({ of }: TaskFigures): Labels => ({ connector: of.connector, task: of.task })

const task = tasksOf('connector-task-metrics', 'connector_task', undefined)
const source = tasksOf('source-task-metrics', 'source_task', 'source')
const sink = tasksOf('sink-task-metrics', 'sink_task', 'sink')
const error = tasksOf('task-error-metrics', 'task_error', undefined)

const pausedMs = (figures: TaskFigures, now: number): number =>
  figures.pausedMs + (figures.pausedSince === undefined ? 0 : now - figures.pausedSince)
const pausedRatio = (figures: TaskFigures, now: number): number =>
  now > figures.since ? pausedMs(figures, now) / (now - figures.since) : 0
const failedCommits = (figures: TaskFigures): number | undefined => {
  const succeeded = figures.commits.succeeded.average()
  return succeeded === undefined ? undefined : 1 - succeeded
}

/** Of each task, under the names that Prometheus' JMX exporter gives Kafka Connect's MBeans in its example. */
export const taskTable: readonly Metric[] = [
  task(
    'running-ratio',
    'gauge',
    'The share of its life that the task was not paused.',
    (figures, now) => 1 - pausedRatio(figures, now),
  ),
  task('pause-ratio', 'gauge', 'The share of its life that the task was paused.', pausedRatio),
  task('batch-size-avg', 'gauge', 'The average number of records that the task handled at once.', (figures) =>
    figures.batch.average(),
  ),
  task('batch-size-max', 'gauge', 'The most records that the task handled at once.', (figures) => figures.batch.max()),
  task('offset-commit-avg-time-ms', 'gauge', 'The average time (ms) that a commit of offsets took.', (figures) =>
    figures.commits.ms.average(),
  ),
  task('offset-commit-max-time-ms', 'gauge', 'The longest time (ms) that a commit of offsets took.', (figures) =>
    figures.commits.ms.max(),
  ),
  task('offset-commit-success-percentage', 'gauge', 'The share (0 to 1) of commits that succeeded.', (figures) =>
    figures.commits.succeeded.average(),
  ),
  task('offset-commit-failure-percentage', 'gauge', 'The share (0 to 1) of commits that failed.', failedCommits),

  source(
    'source-record-poll-total',
    'counter',
    'Records that the task produced, before transformations.',
    (figures) => figures.polled.total,
  ),
  source('source-record-poll-rate', 'gauge', 'The same for each second.', (figures) => figures.polled.rate.perSecond()),
  source(
    'source-record-write-total',
    'counter',
    'Records that Kafka has acknowledged, after transformations.',
    (figures) => figures.written.total,
  ),
  source('source-record-write-rate', 'gauge', 'The same for each second.', (figures) =>
    figures.written.rate.perSecond(),
  ),
  source('poll-batch-avg-time-ms', 'gauge', 'The average time (ms) that a poll took.', (figures) =>
    figures.pollMs.average(),
  ),
  source('poll-batch-max-time-ms', 'gauge', 'The longest time (ms) that a poll took.', (figures) =>
    figures.pollMs.max(),
  ),
  source(
    'source-record-active-count',
    'gauge',
    'Records polled and not yet acknowledged.',
    (figures) => figures.active,
  ),
  source('source-record-active-count-avg', 'gauge', 'The average of them.', (figures) =>
    figures.activeSamples.average(),
  ),
  source('source-record-active-count-max', 'gauge', 'The most of them.', (figures) => figures.activeSamples.max()),

  sink(
    'sink-record-read-total',
    'counter',
    'Records read from Kafka, before transformations.',
    (figures) => figures.read.total,
  ),
  sink('sink-record-read-rate', 'gauge', 'The same for each second.', (figures) => figures.read.rate.perSecond()),
  sink(
    'sink-record-send-total',
    'counter',
    'Records given to the task, after transformations.',
    (figures) => figures.sent.total,
  ),
  sink('sink-record-send-rate', 'gauge', 'The same for each second.', (figures) => figures.sent.rate.perSecond()),
  sink('sink-record-active-count', 'gauge', 'Records read and not yet taken by the task.', (figures) => figures.active),
  sink('sink-record-active-count-avg', 'gauge', 'The average of them.', (figures) => figures.activeSamples.average()),
  sink('sink-record-active-count-max', 'gauge', 'The most of them.', (figures) => figures.activeSamples.max()),
  sink('partition-count', 'gauge', 'Partitions that the task reads.', (figures) => figures.partitions),
  sink('offset-commit-seq-no', 'gauge', 'The number of commits begun.', (figures) => figures.commits.started),
  sink('offset-commit-completion-total', 'counter', 'Commits that succeeded.', (figures) => figures.commits.completed),
  sink('offset-commit-completion-rate', 'gauge', 'The same for each second.', (figures) =>
    figures.commitRate.perSecond(),
  ),
  sink(
    'offset-commit-skip-total',
    'counter',
    'Commits that had nothing new to commit.',
    (figures) => figures.commits.skipped,
  ),
  sink('offset-commit-skip-rate', 'gauge', 'The same for each second.', (figures) => figures.skipRate.perSecond()),
  sink('put-batch-avg-time-ms', 'gauge', 'The average time (ms) that the task took for a batch.', (figures) =>
    figures.putMs.average(),
  ),
  sink('put-batch-max-time-ms', 'gauge', 'The longest time (ms) that the task took for a batch.', (figures) =>
    figures.putMs.max(),
  ),

  error(
    'total-record-failures',
    'counter',
    'Tries to handle a record that failed.',
    (figures) => figures.errors.failures,
  ),
  error('total-record-errors', 'counter', 'Records that failed for good.', (figures) => figures.errors.errors),
  error(
    'total-records-skipped',
    'counter',
    'Records skipped because errors are tolerated.',
    (figures) => figures.errors.skipped,
  ),
  error('total-retries', 'counter', 'Tries that were repeated.', (figures) => figures.errors.retries),
  error('total-errors-logged', 'counter', 'Failures written to the log.', (figures) => figures.errors.logged),
  error(
    'deadletterqueue-produce-requests',
    'counter',
    'Records sent to the dead letter queue.',
    (figures) => figures.errors.deadLetters,
  ),
  error(
    'deadletterqueue-produce-failures',
    'counter',
    'Records that the dead letter queue did not take.',
    (figures) => figures.errors.deadLetterFailures,
  ),
  error(
    'last-error-timestamp',
    'gauge',
    'When the last failure was (ms since the epoch); 0: never.',
    (figures) => figures.errors.lastAt,
  ),
]
