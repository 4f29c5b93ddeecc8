import type { Header, RecordMetadata, SourceConnector, SourceRecord, SourceTask, SourceTaskContext } from '#api'
import { ConnectError, isRetriable, messageOf, toJson } from '#api'
import type { KafkaHeader, ProducerRecord, RecordProducer } from '../kafka/index.ts'
import type { OffsetMap } from '../storage/index.ts'
import { offsetKey } from '../storage/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { sourceConfig } from './connector-config.ts'
import { buildConverter, type NamedConverter } from './converters.ts'
import { createErrorOperator, type ErrorOperator, type Failure, type Stage } from './error-operator.ts'
import { type TaskRun, taskContext, type WorkerDeps } from './task-run.ts'
import { buildTransformChain, type TransformChain } from './transform-chain.ts'

/** Kafka counts as away after this long without an acknowledgement. */
const awayAfterMs = 2000
const pollAgainMs = 500

/** One record of the task and all that goes to Kafka for it; nothing when it was dropped. */
interface Outgoing {
  readonly record: SourceRecord
  readonly messages: readonly ProducerRecord[]
  /** Why it was skipped. */
  readonly error?: unknown
}

/**
 * Runs a source task: poll, transform, convert, produce; a record's source offset counts only when Kafka has acknowledged
 * everything that it was split into. Batches follow one another, so what is acknowledged has no gaps.
 */
export async function runSource(connector: SourceConnector, run: TaskRun, deps: WorkerDeps): Promise<void> {
  const { clock } = deps
  const { log, signal, props } = run
  const config = sourceConfig.parse(props)
  const key = buildConverter('key', props, deps.workerProps, deps.plugins, log)
  const value = buildConverter('value', props, deps.workerProps, deps.plugins, log)
  const errors = createErrorOperator<SourceRecord>({
    settings: config,
    log,
    clock,
    signal,
    describe: ({ topic, sourcePartition, sourceOffset }) => ({
      text: `a record for ${topic} from ${JSON.stringify(sourcePartition)}${JSON.stringify(sourceOffset)}`,
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
  const task = await (connector as SourceConnector<never>).startTask(context as SourceTaskContext<never>)
  const producer = await deps.kafka.producer({ clientId: `connector-producer-${run.connector}-${run.task}` })

  async function handOver(records: readonly SourceRecord[]): Promise<void> {
    const outgoing: Outgoing[] = []
    let failure: { readonly record: SourceRecord; readonly cause: unknown } | undefined
    for (const record of records) {
      try {
        outgoing.push(await pipeline(record))
      } catch (cause) {
        failure = { record, cause }
        break
      }
    }
    await produce(outgoing, { producer, task, run, deps, acknowledged: offsets.acknowledged })
    if (!failure) return
    task.commitRecord?.(failure.record, undefined, failure.cause)
    throw failure.cause
  }

  async function flush(): Promise<void> {
    if (await offsets.flush()) await task.commit?.()
  }

  try {
    let nextFlush = clock.now() + deps.settings['offset.flush.interval.ms']
    while (!signal.aborted) {
      if (run.paused()) await clock.sleep(100, signal)
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
  } finally {
    await flush().catch((error: unknown) => log.error({ error }, 'source offsets were not stored'))
    await task.stop?.()
    await producer.close()
    await key.converter.close?.()
    await value.converter.close?.()
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

/** A task's record as what goes to Kafka: transformed, then converted. */
function createSourcePipeline(
  key: NamedConverter,
  value: NamedConverter,
  chain: TransformChain,
  errors: ErrorOperator<SourceRecord>,
): (record: SourceRecord) => Promise<Outgoing> {
  let stage: Stage = 'TRANSFORMATION'
  const failureOf = (error: unknown): Failure => {
    const executing = { TRANSFORMATION: chain.failed(), KEY_CONVERTER: key.name }[stage as string] ?? value.name
    return { stage, executing, error }
  }

  async function attempt(record: SourceRecord): Promise<Outgoing> {
    stage = 'TRANSFORMATION'
    const messages: ProducerRecord[] = []
    for (const part of chain.apply(record)) {
      stage = 'KEY_CONVERTER'
      const keyBytes = await key.converter.fromConnectData(part.topic, part.keySchema, part.key)
      stage = 'VALUE_CONVERTER'
      const valueBytes = await value.converter.fromConnectData(part.topic, part.valueSchema, part.value)
      const { topic, partition, timestamp } = part
      messages.push({ topic, partition, timestamp, key: keyBytes, value: valueBytes, headers: toBytes(part.headers) })
    }
    return { record, messages }
  }

  return async (record) => {
    try {
      return await attempt(record)
    } catch (error) {
      const recovered = await errors.recover(record, failureOf(error), () => attempt(record), failureOf)
      return recovered ?? { record, messages: [], error }
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

interface ProduceOptions {
  readonly producer: RecordProducer
  readonly task: SourceTask
  readonly run: TaskRun
  readonly deps: WorkerDeps
  acknowledged(record: SourceRecord): void
}

/** Produces until Kafka has acknowledged, however long that takes; only a stop or a refusal for good ends it. */
async function produce(outgoing: readonly Outgoing[], options: ProduceOptions): Promise<void> {
  const { producer, task, run, deps } = options
  const messages = outgoing.flatMap((each) => each.messages)
  const since = deps.clock.now()
  let away = false
  let metadata: readonly RecordMetadata[] = []
  for (let attempt = 0; messages.length > 0; attempt++) {
    try {
      metadata = await producer.send(messages)
      break
    } catch (error) {
      if (!isRetriable(error)) {
        throw new ConnectError(`Unrecoverable exception trying to send: ${messageOf(error)}`, { cause: error })
      }
      if (run.signal.aborted) throw error
      if (!away && deps.clock.now() - since >= awayAfterMs) {
        away = true
        run.log.warn({ error }, 'Kafka does not acknowledge; the records are sent again until it does')
        task.upstream?.({ reachable: false, since })
      }
      await deps.clock.sleep(backoffDelay(attempt, { initialMs: 100, maxMs: 2000, jitter: 0.5 }), run.signal)
    }
  }
  if (away) task.upstream?.({ reachable: true, since: deps.clock.now() })
  let at = 0
  for (const { record, messages: own, error } of outgoing) {
    at += own.length
    options.acknowledged(record)
    task.commitRecord?.(record, own.length > 0 ? metadata[at - 1] : undefined, error)
  }
}

/** Keeps the newest acknowledged offset of each source partition until it is flushed. */
function createOffsetWriter(run: TaskRun, deps: WorkerDeps) {
  let pending = new Map<string, { readonly partition: OffsetMap; readonly offset: OffsetMap }>()
  return {
    acknowledged({ sourcePartition: partition, sourceOffset: offset }: SourceRecord): void {
      // An empty offset says that the source has none to come back to.
      if (Object.keys(offset).length > 0) pending.set(offsetKey(run.connector, partition), { partition, offset })
    },
    /** True when all that was acknowledged is stored; a failure is logged and tried again with the next flush. */
    async flush(): Promise<boolean> {
      const taken = pending
      if (taken.size === 0) return true
      pending = new Map()
      try {
        await deps.offsets.put(run.connector, [...taken.values()])
        return true
      } catch (error) {
        pending = new Map([...taken, ...pending])
        run.log.warn({ error }, 'source offsets could not be stored; it is tried again')
        return false
      }
    },
  }
}
