import type { Header, MaybePromise, SourceConnector, SourceRecord, SourceTask, SourceTaskContext } from '#api'
import { isRetriable, toJson } from '#api'
import type { KafkaHeader, ProducerRecord } from '../kafka/index.ts'
import type { OffsetMap } from '../storage/index.ts'
import { offsetKey } from '../storage/index.ts'
import { type Closers, createClosers } from '../util/closers.ts'
import { sourceConfig } from './connector-config.ts'
import { buildConverter, type NamedConverter } from './converters.ts'
import { createDelivery, type Outgoing } from './delivery.ts'
import { createErrorOperator, type ErrorOperator, type Failure, type Stage } from './error-operator.ts'
import { pending } from './pending.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'
import { buildTransformChain, type TransformChain } from './transform-chain.ts'

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
  const { clock } = deps
  const { log, signal, props } = run
  const config = sourceConfig.parse(props)
  const key = buildConverter('key', props, deps.workerProps, deps.plugins, log)
  closers.add('key converter', () => key.converter.close?.())
  const value = buildConverter('value', props, deps.workerProps, deps.plugins, log)
  closers.add('value converter', () => value.converter.close?.())
  const errors = createErrorOperator<SourceRecord>({
    // What comes from outside has somebody who waits for the answer: one bad message fails nobody else's task.
    settings: connector.placement === 'everyWorker' ? { ...config, 'errors.tolerance': 'all' } : config,
    log,
    clock,
    signal,
    describe: ({ topic, sourcePartition, sourceOffset }) => ({
      text: `a record for ${topic} from ${toJson(sourcePartition)}${toJson(sourceOffset)}`,
      facts: { topic, sourcePartition, sourceOffset },
    }),
  })
  const pipeline = createSourcePipeline(key, value, buildTransformChain(props, deps.plugins), errors)
  const offsets = createOffsetWriter(run, deps)
  const context: SourceTaskContext<unknown> = {
    ...taskContext(connector.config, run, deps),
    offsets: { offset: (partition) => deps.offsets.get(run.connector, partition) },
    valueSchema: async (topic) => value.converter.schemaFor?.(topic),
    keySchema: async (topic) => key.converter.schemaFor?.(topic),
  }
  const producer = await deps.kafka.producer({ clientId: `connector-producer-${run.connector}-${run.task}` })
  closers.add('producer', () => producer.close())
  const task = await (connector as SourceConnector<never>).startTask(context as SourceTaskContext<never>)
  closers.add('task', () => task.stop?.())
  closers.add('source offsets', () => flush())
  const produce = createDelivery({ producer, task, run, deps, errors, acknowledged: offsets.acknowledged })

  async function handOver(records: readonly SourceRecord[]): Promise<void> {
    const outgoing: Outgoing[] = []
    let failure: { readonly record: SourceRecord; readonly cause: unknown } | undefined
    for (const record of records) {
      try {
        const made = pipeline(record)
        outgoing.push(made instanceof Promise ? await made : made)
      } catch (cause) {
        failure = { record, cause }
        break
      }
    }
    await produce(outgoing)
    if (!failure) return
    task.commitRecord?.(failure.record, undefined, failure.cause)
    throw failure.cause
  }

  async function flush(): Promise<void> {
    if (run.cancelled() || !(await offsets.flush())) return
    try {
      await task.commit?.()
    } catch (error) {
      log.error({ error }, 'the task threw when it was told that its offsets are stored')
    }
  }

  let nextFlush = clock.now() + deps.settings['offset.flush.interval.ms']
  let isPaused = false
  while (!signal.aborted) {
    if (isPaused !== run.paused()) {
      isPaused = run.paused()
      task.paused?.(isPaused)
    }
    if (isPaused) await clock.sleep(100, signal)
    else {
      const records = await poll(task, run, deps)
      if (records.length > 0) await handOver(records)
    }
    if (clock.now() >= nextFlush) {
      nextFlush = clock.now() + deps.settings['offset.flush.interval.ms']
      await flush()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A retriable failure is no more than a poll without records. */
async function poll(task: SourceTask, run: TaskRun, deps: WorkerDeps): Promise<readonly SourceRecord[]> {
  try {
    return await task.poll()
  } catch (error) {
    if (!isRetriable(error)) throw error
    run.log.warn({ error }, 'poll failed and is tried again')
    await deps.clock.sleep(pollAgainMs, run.signal)
    return []
  }
}

/** A task's record as what goes to Kafka: transformed, then converted. Where nothing has to be waited for, no promise is made. */
function createSourcePipeline(
  key: NamedConverter,
  value: NamedConverter,
  chain: TransformChain,
  errors: ErrorOperator<SourceRecord>,
): (record: SourceRecord) => MaybePromise<Outgoing> {
  let stage: Stage = 'TRANSFORMATION'
  const failureOf = (error: unknown): Failure => {
    const executing = { TRANSFORMATION: chain.failed(), KEY_CONVERTER: key.name }[stage as string] ?? value.name
    return { stage, executing, error }
  }
  const convertKey = ({ topic, keySchema, key: data }: SourceRecord) => {
    stage = 'KEY_CONVERTER'
    return key.converter.fromConnectData(topic, keySchema, data)
  }
  const convertValue = ({ topic, valueSchema, value: data }: SourceRecord) => {
    stage = 'VALUE_CONVERTER'
    return value.converter.fromConnectData(topic, valueSchema, data)
  }
  const toMessage = (part: SourceRecord, keyBytes: Buffer | null, valueBytes: Buffer | null): ProducerRecord => {
    const { topic, partition, timestamp } = part
    return { topic, partition, timestamp, key: keyBytes, value: valueBytes, headers: toBytes(part.headers) }
  }

  /** Undefined when a converter has to ask a registry first. */
  function now(record: SourceRecord): Outgoing | undefined {
    stage = 'TRANSFORMATION'
    const messages: ProducerRecord[] = []
    for (const part of chain.apply(record)) {
      const keyBytes = convertKey(part)
      if (keyBytes instanceof Promise) return pending(keyBytes)
      const valueBytes = convertValue(part)
      if (valueBytes instanceof Promise) return pending(valueBytes)
      messages.push(toMessage(part, keyBytes, valueBytes))
    }
    return { record, messages }
  }

  async function later(record: SourceRecord): Promise<Outgoing> {
    stage = 'TRANSFORMATION'
    const messages: ProducerRecord[] = []
    for (const part of chain.apply(record)) {
      messages.push(toMessage(part, await convertKey(part), await convertValue(part)))
    }
    return { record, messages }
  }

  async function recover(record: SourceRecord, error: unknown): Promise<Outgoing> {
    const recovered = await errors.recover(record, failureOf(error), () => later(record), failureOf)
    return recovered ?? { record, messages: [], error }
  }

  return (record) => {
    try {
      return now(record) ?? later(record).catch((error: unknown) => recover(record, error))
    } catch (error) {
      return recover(record, error)
    }
  }
}

const toBytes = (headers: readonly Header[]): readonly KafkaHeader[] =>
  headers.map(({ key, value }) => ({ key, value: toHeaderBytes(value) }))

/** Bytes and texts as they are, anything else as JSON. */
function toHeaderBytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value
  return Buffer.from(typeof value === 'string' ? value : toJson(value))
}

/** Keeps the newest acknowledged offset of each source partition until it is flushed. */
function createOffsetWriter(run: TaskRun, deps: WorkerDeps) {
  let unstored = new Map<string, { readonly partition: OffsetMap; readonly offset: OffsetMap }>()
  return {
    acknowledged({ sourcePartition: partition, sourceOffset: offset }: SourceRecord): void {
      // An empty offset says that the source has none to come back to.
      if (Object.keys(offset).length > 0) unstored.set(offsetKey(run.connector, partition), { partition, offset })
    },
    /** True when all that was acknowledged is stored; a failure is logged and tried again with the next flush. */
    async flush(): Promise<boolean> {
      const taken = unstored
      if (taken.size === 0) return true
      unstored = new Map()
      try {
        await deps.offsets.put(run.connector, [...taken.values()])
        return true
      } catch (error) {
        unstored = new Map([...taken, ...unstored])
        run.log.warn({ error }, 'source offsets could not be stored; it is tried again')
        return false
      }
    },
  }
}
