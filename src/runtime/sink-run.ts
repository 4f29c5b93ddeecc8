import type { Progress, SinkConnector, SinkRecord, SinkTask, SinkTaskContext } from '#api'
import { isRetriable, messageOf } from '#api'
import type { ConsumerOptions, KafkaRecord, RecordBatch, RecordConsumer } from '../kafka/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { javaRegex } from '../util/java-regex.ts'
import { createCommitter } from './committer.ts'
import { sinkConfig } from './connector-config.ts'
import { buildConverter } from './converters.ts'
import { openDeadLetterQueue } from './dead-letter-queue.ts'
import { createErrorOperator } from './error-operator.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import { createSinkPipeline } from './sink-pipeline.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'
import { buildTransformChain } from './transform-chain.ts'

const maxPollRecords = 500
const longestPollMs = 1000

/**
 * Runs a sink task: poll, convert, transform, put; flush and commit at the interval. One loop, nothing overlaps; while the task is
 * in `put` nothing is polled, so a slow task holds Kafka back and no queue grows.
 */
export async function runSink(connector: SinkConnector, run: TaskRun, deps: WorkerDeps): Promise<void> {
  const { clock } = deps
  const { log, signal, props } = run
  const config = sinkConfig.parse(props)
  const key = buildConverter('key', props, deps.workerProps, deps.plugins, log)
  const value = buildConverter('value', props, deps.workerProps, deps.plugins, log)
  const tracker = createOffsetTracker()
  const dlqTopic = config['errors.deadletterqueue.topic.name']
  const dlq =
    dlqTopic === ''
      ? undefined
      : await openDeadLetterQueue({
          kafka: deps.kafka,
          connector: run.connector,
          task: run.task,
          topic: dlqTopic,
          replicationFactor: config['errors.deadletterqueue.topic.replication.factor'],
          contextHeaders: config['errors.deadletterqueue.context.headers.enable'],
        })
  const errors = createErrorOperator<KafkaRecord>({
    settings: config,
    log,
    clock,
    signal,
    describe: ({ topic, partition, offset, timestamp }) => ({
      text: `${topic}-${partition}@${offset}`,
      facts: { topic, partition, offset: String(offset), timestamp },
    }),
    isRefill: tracker.isRefill,
    ...(dlq && { report: dlq.write }),
  })
  const pipeline = createSinkPipeline({ key, value, chain: buildTransformChain(props, deps.plugins), errors })
  const reports = new Set<Promise<void>>()
  let reportFailure: unknown
  let commitAsked = false
  let consumer: RecordConsumer | undefined

  const context: SinkTaskContext<unknown> = {
    ...taskContext(connector.config, run, deps),
    clusterId: () => deps.kafka.clusterId(),
    timestampAt: deps.kafka.timestampAt,
    pause: (partitions) => consumer?.pause(partitions),
    resume: (partitions) => consumer?.resume(partitions),
    requestCommit: () => {
      commitAsked = true
    },
    reportErrant(record, error) {
      const failure = { stage: 'TASK_PUT', executing: connector.name, error } as const
      // The origin of a record is the raw record (sink-pipeline.ts).
      const report = errors.fail(record.origin as KafkaRecord, failure).catch((cause: unknown) => {
        reportFailure ??= cause
        throw cause
      })
      reports.add(report)
      report.then(
        () => reports.delete(report),
        () => reports.delete(report),
      )
      return report
    },
  }
  const task = await (connector as SinkConnector<never>).startTask(context as SinkTaskContext<never>)
  const committer = createCommitter({ task, tracker, consumer: () => consumer, reports, run, deps })

  async function takeIn(reader: RecordConsumer, batches: readonly RecordBatch[]): Promise<void> {
    const records: SinkRecord[] = []
    const progress: Progress[] = []
    let failure: { readonly cause: unknown } | undefined
    for (const batch of batches) {
      try {
        await pipeline.process(batch.records, records)
        progress.push(progressOf(batch))
      } catch (cause) {
        // What came before the record that fails is delivered, so that the task stops exactly there.
        failure = { cause }
        progress.push(progressOf(batch, pipeline.current()))
        break
      }
    }
    const taken = await put(task, records, progress, run, deps, reader.changed)
    if (taken) tracker.consumed(progress)
    else reader.seek(tracker.all())
    if (failure) throw failure.cause
    if (reportFailure !== undefined) throw reportFailure
  }

  async function loop(reader: RecordConsumer): Promise<void> {
    let nextCommit = clock.now() + deps.settings['offset.flush.interval.ms']
    let caughtUp = false
    let paused = false
    while (!signal.aborted) {
      if (paused !== run.paused()) {
        paused = run.paused()
        if (paused) reader.pause(tracker.all())
        else reader.resume(tracker.all())
        commitAsked = true
      }
      const polled = await reader.poll(Math.min(longestPollMs, Math.max(0, nextCommit - clock.now())), signal)
      if (polled.revoked.length > 0) {
        await task.close?.(polled.revoked)
        tracker.closed(polled.revoked)
      }
      if (polled.assigned.length > 0) {
        tracker.opened(polled.assigned)
        await task.open?.(polled.assigned)
        if (paused) reader.pause(polled.assigned)
      }
      if (polled.batches.length > 0) await takeIn(reader, polled.batches)
      if (!caughtUp && reader.caughtUp()) {
        caughtUp = true
        task.caughtUp?.()
      }
      if (commitAsked || clock.now() >= nextCommit) {
        commitAsked = false
        nextCommit = clock.now() + deps.settings['offset.flush.interval.ms']
        await committer.commit()
      }
      // Sockets and timers get their turn between two batches.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  try {
    consumer = await openConsumer()
    await loop(consumer)
  } finally {
    // A commit may be under way already; what came after it is committed by one more.
    await committer.settled()
    await committer.commit()
    await committer.settled()
    await task.close?.(tracker.all())
    await task.stop?.()
    await consumer?.close()
    await key.converter.close?.()
    await value.converter.close?.()
    await dlq?.close()
  }

  async function openConsumer(): Promise<RecordConsumer> {
    const regex = config['topics.regex']
    const options: ConsumerOptions = {
      groupId: `connect-${run.connector}`,
      clientId: `connector-consumer-${run.connector}-${run.task}`,
      topics: regex === '' ? config.topics : [javaRegex(regex, { whole: true })],
      maxPollRecords,
      onUpstream: (state) => task.upstream?.(state),
      onMissing(topics) {
        run.waiting(topics.length > 0 ? `for topics that do not exist yet: ${topics.join(', ')}` : undefined)
        // There is nothing to catch up with.
        if (topics.length > 0) task.caughtUp?.()
      },
      signal,
    }
    for (let attempt = 0; ; attempt++) {
      try {
        return connector.placement === 'everyWorker'
          ? await deps.kafka.logReader({ ...options, warmMs: connector.warmMs?.(context.config as never) ?? 0 })
          : await deps.kafka.groupConsumer({ ...options, committable: committer.now })
      } catch (error) {
        if (signal.aborted) throw error
        log.warn({ error }, 'reading could not begin and is tried again')
        run.waiting(messageOf(error))
        await clock.sleep(backoffDelay(attempt, { initialMs: 200, maxMs: 5000, jitter: 0.2 }), signal)
      }
    }
  }
}

/** How far a batch has come: to its end, or to the record that failed. */
function progressOf(batch: RecordBatch, failed?: KafkaRecord): Progress {
  const { topic, partition, records } = batch
  const before = failed ? records[records.indexOf(failed) - 1] : records.at(-1)
  return { topic, partition, offset: failed?.offset ?? batch.nextOffset, timestamp: before?.timestamp ?? -1 }
}

/**
 * Puts until the task takes the records. False when the task is to stop, or when the assignment changed between two tries:
 * the records come again.
 */
async function put(
  task: SinkTask,
  records: readonly SinkRecord[],
  progress: readonly Progress[],
  run: TaskRun,
  deps: WorkerDeps,
  changed: () => boolean,
): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await task.put(records, progress)
      return true
    } catch (error) {
      if (!isRetriable(error)) throw error
      if (run.signal.aborted || changed()) return false
      run.log.warn({ error, attempt }, 'the task asks to be given the same records again')
      await deps.clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 10_000, jitter: 0.2 }), run.signal)
    }
  }
}
