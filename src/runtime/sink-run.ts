import type { Progress, SinkConnector, SinkRecord, SinkTask, SinkTaskContext } from '#api'
import { isRetriable, messageOf } from '#api'
import type { ConsumerOptions, KafkaRecord, RecordBatch, RecordConsumer } from '../kafka/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { javaRegex } from '../util/java-regex.ts'
import { createCommitter } from './committer.ts'
import { sinkConfig } from './connector-config.ts'
import { buildConverter } from './converters.ts'
import { createDeadLetterQueue } from './dead-letter-queue.ts'
import { createErrantReports } from './errant-reports.ts'
import { createErrorOperator } from './error-operator.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import { createPauses } from './pauses.ts'
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
  const closers = createClosers(run.log)
  try {
    await startAndLoop(connector, run, deps, closers)
  } finally {
    await closers.closeAll()
  }
}

async function startAndLoop(connector: SinkConnector, run: TaskRun, deps: WorkerDeps, closers: Closers): Promise<void> {
  const { clock } = deps
  const { log, signal, props } = run
  const config = sinkConfig.parse(props)
  const key = buildConverter('key', props, deps.workerProps, deps.plugins, log)
  closers.add('key converter', () => key.converter.close?.())
  const value = buildConverter('value', props, deps.workerProps, deps.plugins, log)
  closers.add('value converter', () => value.converter.close?.())
  const chain = buildTransformChain(props, deps.plugins)
  const tracker = createOffsetTracker()
  const dlq = createDeadLetterQueue(config, run, deps)
  if (dlq) closers.add('dead letter queue', dlq.close)
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
  const pipeline = createSinkPipeline({ key, value, chain, errors })
  const reports = createErrantReports(errors, connector.name)
  let commitAsked = false
  let consumer: RecordConsumer | undefined
  const pauses = createPauses(() => consumer)

  const context: SinkTaskContext<unknown> = {
    ...taskContext(connector.config, run, deps),
    clusterId: () => deps.kafka.clusterId(),
    timestampAt: deps.kafka.timestampAt,
    pause: pauses.pause,
    resume: pauses.resume,
    requestCommit: () => {
      commitAsked = true
    },
    reportErrant: reports.report,
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
    reports.check()
    if (taken) tracker.consumed(progress)
    if (failure) throw failure.cause
  }

  async function loop(reader: RecordConsumer): Promise<void> {
    let nextCommit = clock.now() + deps.settings['offset.flush.interval.ms']
    let caughtUp = false
    while (!signal.aborted) {
      if (pauses.setAll(run.paused(), tracker.all())) commitAsked = true
      const polled = await reader.poll(Math.min(longestPollMs, Math.max(0, nextCommit - clock.now())), signal)
      if (polled.revoked.length > 0) {
        await task.close?.(polled.revoked)
        tracker.closed(polled.revoked)
      }
      if (polled.assigned.length > 0) {
        tracker.opened(polled.assigned)
        await task.open?.(polled.assigned)
        pauses.opened(polled.assigned)
      }
      if (polled.batches.length > 0) await takeIn(reader, polled.batches)
      reports.check()
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

  async function openConsumer(): Promise<RecordConsumer | undefined> {
    const regex = config['topics.regex']
    const options: ConsumerOptions = {
      groupId: `connect-${run.connector}`,
      clientId: `connector-consumer-${run.connector}-${run.task}`,
      topics: regex === '' ? config.topics : [javaRegex(regex, { whole: true })],
      maxPollRecords,
      onUpstream: (state) => task.upstream?.(state),
      onMissing(topics) {
        run.waiting(topics.length > 0 ? `for topics that do not exist yet: ${topics.join(', ')}` : undefined)
      },
    }
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await dlq?.open()
        const opened =
          connector.placement === 'everyWorker'
            ? await deps.kafka.logReader({ ...options, warmMs: connector.warmMs?.(context.config as never) ?? 0 })
            : deps.kafka.groupConsumer({ ...options, committable: committer.now })
        if (attempt > 0) run.waiting(undefined)
        return opened
      } catch (error) {
        if (attempt === 0) log.warn({ error }, 'reading could not begin and is tried again')
        run.waiting(messageOf(error))
        await clock.sleep(backoffDelay(attempt, { initialMs: 200, maxMs: 5000, jitter: 0.2 }), signal)
      }
    }
    return undefined
  }

  closers.add('consumer', () => consumer?.close())
  closers.add('task', () => task.stop?.())
  closers.add('partitions', () => task.close?.(tracker.all()))
  closers.add('last commit', committer.last)
  consumer = await openConsumer()
  if (consumer) await loop(consumer)
}

/** How far a batch has come: to its end, or to the record that failed. */
function progressOf(batch: RecordBatch, failed?: KafkaRecord): Progress {
  const { topic, partition, records } = batch
  const before = failed ? records[records.indexOf(failed) - 1] : records.at(-1)
  return { topic, partition, offset: failed?.offset ?? batch.nextOffset, timestamp: before?.timestamp ?? -1 }
}

/**
 * Puts until the task takes the records. False when the task is to stop, or when the assignment changed between two tries: the
 * records come again, from where the group's commit is.
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
