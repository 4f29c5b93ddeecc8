import type { Progress, SinkConnector, SinkRecord, SinkTaskContext } from '#api'
import type { KafkaRecord, Polled, RecordBatch, RecordConsumer } from '../kafka/index.ts'
import { requirePackage } from '../plugins/index.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { clientProps, maxPollRecords, sinkGroupId } from './client-props.ts'
import { createCommitter } from './committer.ts'
import { sinkConfig } from './connector-config.ts'
import { openConverters } from './converters.ts'
import { createDeadLetterQueue } from './dead-letter-queue.ts'
import { describeConsumed } from './describe-record.ts'
import { createErrantReports } from './errant-reports.ts'
import { createErrorOperator } from './error-operator.ts'
import { javaName } from './java-names.ts'
import { createKeptErrors } from './kept-errors.ts'
import { createLagMeter } from './lag-meter.ts'
import { createNumbering } from './numbering.ts'
import { createOffsetTracker } from './offset-tracker.ts'
import { refuseOverrides } from './override-policy.ts'
import { createPast } from './past.ts'
import { createPauses } from './pauses.ts'
import { createSinkPipeline } from './sink-pipeline.ts'
import { putRecords } from './sink-put.ts'
import { openSinkReader, sinkTopics } from './sink-reader.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'
import { buildTransformChain } from './transform-chain.ts'

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
  const { clock, workerProps, plugins } = deps
  const { log, signal, props } = run
  const config = sinkConfig.parse(props)
  refuseOverrides(props, workerProps, 'sink')
  requirePackage(connector)
  const metrics = deps.metrics.task({
    connector: run.connector,
    task: run.task,
    type: 'sink',
    class: javaName(connector),
    version: connector.version,
  })
  run.atStop(metrics.close)
  const converters = openConverters({ props, workerProps, plugins, log, signal }, closers)
  const chain = buildTransformChain(props, plugins)
  const tracker = createOffsetTracker()
  const lag = createLagMeter(metrics)
  const dlq = createDeadLetterQueue(config, run, deps, metrics)
  if (dlq) closers.add('dead letter queue', dlq.close)
  const kept = createKeptErrors()
  const isReporting = dlq !== undefined || config['errors.log.enable']
  const errors = createErrorOperator<KafkaRecord>({
    settings: config,
    id: `${run.connector}-${run.task}`,
    log,
    clock,
    signal,
    metrics,
    describe: describeConsumed,
    isRefill: tracker.isRefill,
    hold(raw, failure) {
      if (numbering.isNumbered()) return false
      if (isReporting) kept.keep(raw, failure)
      return true
    },
    ...(dlq && { report: dlq.write }),
  })
  const pipeline = createSinkPipeline({ ...converters, chain, errors })
  const reports = createErrantReports(errors)
  const reading = clientProps('consumer', props, workerProps)
  let commitAsked = false
  let consumer: RecordConsumer | undefined
  const pauses = createPauses(() => consumer)
  const history = deps.kafka.topicHistory({
    topics: sinkTopics(config),
    clientId: `${reading['client.id'] ?? `connector-consumer-${run.connector}-${run.task}`}-past`,
    props: reading,
    maxPollRecords: maxPollRecords(reading),
  })
  closers.add('past', history.close)

  const context: SinkTaskContext<unknown> = {
    ...taskContext(connector.config, run, deps),
    clusterId: () => deps.kafka.clusterId(reading),
    timestampAt: (partition, offset) => deps.kafka.timestampAt(partition, offset, reading),
    past: createPast({ history, converters, newChain: () => buildTransformChain(props, plugins) }),
    pause: pauses.pause,
    resume: pauses.resume,
    requestCommit: () => {
      commitAsked = true
    },
    reportErrant: reports.report,
  }
  const numbering = createNumbering({ run, deps, leave: () => committer.last(), takeOver })
  const task = await (connector as SinkConnector<never>).startTask(context as SinkTaskContext<never>)
  run.started()
  const committer = createCommitter({
    task,
    tracker,
    consumer: () => consumer,
    reports,
    run,
    deps,
    metrics,
    isNumbered: () => numbering.isNumbered(),
  })

  /** Its predecessor may have crashed: what it may not have reported is reported first. */
  async function takeOver(): Promise<void> {
    await dlq?.open()
    const read = [...new Set(tracker.all().map(({ topic }) => topic))]
    const group = sinkGroupId(run.connector, props, workerProps)
    const committed = read.length > 0 ? await deps.kafka.committed(group, read, reading) : []
    tracker.takenOver(committed)
    const lost = await kept.release(committed, errors.report)
    if (lost > 0)
      log.error(
        { atMost: lost },
        'more errors than are kept came before the numbered task moved; they are not reported',
      )
  }

  async function takeIn(reader: RecordConsumer, batches: readonly RecordBatch[]): Promise<void> {
    const records: SinkRecord[] = []
    const progress: Progress[] = []
    let failure: { readonly cause: unknown } | undefined
    metrics.read(batches.reduce((sum, batch) => sum + batch.records.length, 0))
    lag.begun(batches)
    for (const batch of batches) {
      try {
        const hasConverted = await pipeline.process(batch.records, records)
        if (hasConverted) deps.topics.record(run.connector, run.task, batch.topic)
        progress.push(progressOf(batch))
      } catch (cause) {
        // What came before the record that fails is delivered, so that the task stops exactly there.
        failure = { cause }
        progress.push(progressOf(batch, pipeline.current()))
        break
      }
    }
    const taken = await putRecords(records, progress, { task, run, deps, metrics }, reader.changed)
    reports.check()
    if (taken) {
      tracker.consumed(progress)
      lag.taken(batches)
    }
    if (failure) throw failure.cause
  }

  async function follow({ revoked, assigned }: Polled): Promise<void> {
    if (revoked.length > 0) {
      await task.close?.(revoked)
      tracker.closed(revoked)
      lag.closed(revoked)
    }
    if (assigned.length > 0) {
      tracker.opened(assigned)
      await task.open?.(assigned)
      pauses.opened(assigned)
    }
    if (revoked.length > 0 || assigned.length > 0) metrics.partitions(tracker.all().length)
  }

  async function loop(reader: RecordConsumer): Promise<void> {
    let nextCommit = clock.now() + deps.settings['offset.flush.interval.ms']
    let caughtUp = false
    while (!signal.aborted) {
      const changed = run.changed()
      await numbering.follow()
      if (pauses.setAll(run.paused(), tracker.all())) {
        commitAsked = true
        metrics.paused(run.paused())
      }
      const polled = await reader.poll(Math.min(longestPollMs, Math.max(0, nextCommit - clock.now())), changed)
      await follow(polled)
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

  closers.add('consumer', () => consumer?.close())
  closers.add('task', () => task.stop?.())
  closers.add('partitions', () => task.close?.(tracker.all()))
  closers.add('last commit', committer.last)
  const warmMs = connector.warmMs?.(context.config as never) ?? 0
  const { topics, 'topics.regex': regex } = config
  const committable = committer.now
  const leaving = committer.last
  consumer = await openSinkReader(
    { connector, task, topics, regex, warmMs, dlq: numbering.isNumbered() ? dlq : undefined, committable, leaving },
    run,
    deps,
  )
  if (consumer) await loop(consumer)
}

/** How far a batch has come: to its end, or to the record that failed. */
function progressOf(batch: RecordBatch, failed?: KafkaRecord): Progress {
  const { topic, partition, records } = batch
  const before = failed ? records[records.indexOf(failed) - 1] : records.at(-1)
  return { topic, partition, offset: failed?.offset ?? batch.nextOffset, timestamp: before?.timestamp ?? -1 }
}
