import type { SourceConnector, SourceRecord, SourceTask, SourceTaskContext } from '#api'
import { ConnectError, isRetriable } from '#api'
import { requirePackage } from '../plugins/index.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { clientProps } from './client-props.ts'
import { sourceConfig } from './connector-config.ts'
import { openConnectorOffsets } from './connector-offsets.ts'
import { openConverters } from './converters.ts'
import type { Outgoing } from './delivery.ts'
import { describeProduced } from './describe-record.ts'
import { createErrorOperator } from './error-operator.ts'
import { openTransactions, transactionalStore, transactionBoundary } from './exactly-once.ts'
import { javaName } from './java-names.ts'
import { laneContext } from './lanes.ts'
import type { TaskMetrics } from './metrics.ts'
import { refuseOverrides } from './override-policy.ts'
import { createPlainOutlet } from './plain-outlet.ts'
import { createSourcePipeline } from './source-pipeline.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'
import { topicMatcher } from './topic-creation.ts'
import { createTopicMaker } from './topic-maker.ts'
import { createTransactionRequests } from './transaction-requests.ts'
import { createTransactionalOutlet } from './transactional-outlet.ts'
import { buildTransformChain } from './transform-chain.ts'

const pollAgainMs = 500

/**
 * Runs a source task: poll, transform, convert, produce; a record's source offset counts only when Kafka has acknowledged
 * everything that it was split into. Batches follow one another, so what is acknowledged has no gaps.
 */
export async function runSource(connector: SourceConnector, run: TaskRun, deps: WorkerDeps): Promise<void> {
  const closers = createClosers(run.log)
  try {
    await startAndLoop(connector, run, deps, closers)
  } finally {
    await closers.closeAll()
  }
}

async function startAndLoop(
  connector: SourceConnector,
  run: TaskRun,
  deps: WorkerDeps,
  closers: Closers,
): Promise<void> {
  const { clock, kafka, workerProps, plugins } = deps
  const { log, signal, props } = run
  const config = sourceConfig.parse(props)
  refuseOverrides(props, workerProps, 'source')
  requirePackage(connector)
  const matcher = topicMatcher(props, deps.settings['topic.creation.enable'])
  const metrics = deps.metrics.task({
    connector: run.connector,
    task: run.task,
    type: 'source',
    class: javaName(connector),
    version: connector.version,
  })
  run.atStop(metrics.close)
  const converters = openConverters({ props, workerProps, plugins, log, signal }, closers)
  const errors = createErrorOperator<SourceRecord>({
    // What comes from outside has somebody who waits for the answer: one bad message fails nobody else's task. In a lane none may be skipped
    // for what passes: those after it would be stored without it.
    settings:
      connector.placement === 'everyWorker'
        ? { ...config, 'errors.tolerance': 'all', ...(run.exactlyOnce && { 'errors.retry.timeout': -1 }) }
        : config,
    id: `${run.connector}-${run.task}`,
    log,
    clock,
    signal,
    metrics,
    describe: describeProduced,
  })
  const chain = buildTransformChain(props, plugins)
  const pipeline = createSourcePipeline({ ...converters, chain, errors })
  const producerProps = clientProps('producer', props, workerProps)
  const clientId = producerProps['client.id'] ?? `connector-producer-${run.connector}-${run.task}`
  const opening = { clientId, props: producerProps }
  const { exactlyOnce } = run
  const transactions = exactlyOnce && (await openTransactions(exactlyOnce, opening, { run, deps, closers }))
  const producer = transactions ?? (await kafka.producer(opening))
  closers.add('producer', () => producer.close())
  run.abandoned.addEventListener(
    'abort',
    () => void producer.close().catch((error: unknown) => log.warn({ error }, 'the producer did not close')),
    { once: true },
  )
  const own = await openConnectorOffsets(run.connector, props, deps)
  if (own) closers.add('offsets topic', () => own.close())
  const offsets = own ?? deps.offsets
  const requests = createTransactionRequests()
  const ending = transactionBoundary(config, deps.settings)
  const context: SourceTaskContext<unknown> = {
    ...taskContext(connector.config, run, deps),
    transaction: exactlyOnce && ending.boundary === 'connector' ? requests.context : undefined,
    lane: laneContext(connector, run, deps, closers),
    offsets: {
      offset: (partition) => offsets.get(run.connector, partition, signal),
      list: () => offsets.list(run.connector, signal),
    },
    valueSchema: async (topic) => converters.value.converter.schemaFor?.(topic),
    keySchema: async (topic) => converters.key.converter.schemaFor?.(topic),
  }
  const topics = matcher && createTopicMaker({ matcher, kafka, admin: clientProps('admin', props, workerProps), log })
  const task = await (connector as SourceConnector<never>).startTask(context as SourceTaskContext<never>)
  run.started()
  closers.add('task', () => task.stop?.())
  const common = { task, run, deps: { ...deps, offsets }, errors, metrics, topics }
  const outlet =
    'send' in producer
      ? createPlainOutlet({ ...common, producer, closers })
      : createTransactionalOutlet({ ...common, ...ending, producer, store: transactionalStore(offsets), requests })

  async function handOver(records: readonly SourceRecord[]): Promise<void> {
    const outgoing: Outgoing[] = []
    let failure: { readonly record: SourceRecord; readonly cause: unknown } | undefined
    metrics.batch(records.length)
    metrics.active(records.length)
    for (const record of records) {
      try {
        const made = pipeline(record)
        outgoing.push(withTimestamps(made instanceof Promise ? await made : made))
      } catch (cause) {
        failure = { record, cause }
        break
      }
    }
    // Its successor reads the same again.
    if (run.cancelled()) return
    await outlet.deliver(outgoing, !failure)
    metrics.active(0)
    if (!failure) return
    task.commitRecord?.(failure.record, undefined, failure.cause)
    throw failure.cause
  }

  let isPaused = false
  while (!signal.aborted) {
    if (isPaused !== run.paused()) {
      isPaused = run.paused()
      if (isPaused) await outlet.settle()
      task.paused?.(isPaused)
      metrics.paused(isPaused)
    }
    if (isPaused) await clock.sleep(100, signal)
    else {
      const records = await poll(task, run, deps, metrics)
      if (records.length > 0) await handOver(records)
    }
    await outlet.tick()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await outlet.settle()
}

/** A retriable failure is no more than a poll without records. */
async function poll(
  task: SourceTask,
  run: TaskRun,
  { clock }: WorkerDeps,
  metrics: TaskMetrics,
): Promise<readonly SourceRecord[]> {
  const began = clock.now()
  try {
    const records = await task.poll()
    if (records.length > 0) metrics.polled(records.length, clock.now() - began)
    return records
  } catch (error) {
    if (!isRetriable(error)) throw error
    run.log.warn({ error }, 'poll failed and is tried again')
    await clock.sleep(pollAgainMs, run.signal)
    return []
  }
}

/** A time before the epoch fails the task whatever is tolerated, as in Kafka Connect. */
function withTimestamps(outgoing: Outgoing): Outgoing {
  const wrong = outgoing.messages.find(({ timestamp }) => timestamp !== undefined && timestamp < 0)
  if (wrong) throw new ConnectError(`Invalid record timestamp ${wrong.timestamp} for topic ${wrong.topic}`)
  return outgoing
}
