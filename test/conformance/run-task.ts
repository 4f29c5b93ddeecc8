import { onTestFinished } from 'vitest'
import type {
  GatewayPort,
  OpenPartition,
  Props,
  Schema,
  SinkConnector,
  SinkRecord,
  SourceConnector,
  SourceRecord,
  TopicPast,
} from '#api'
import { systemClock } from '../../src/util/clock.ts'
import { recordingLog } from '../support/quiet.ts'

export interface RunOptions {
  readonly props: Props
  readonly gateway?: GatewayPort | undefined
}

function commonContext({ props, gateway }: RunOptions, connector: SourceConnector | SinkConnector) {
  const abort = new AbortController()
  const facts: Readonly<Record<string, string | number | boolean>>[] = []
  return {
    abort,
    facts,
    context: {
      connector: 'subject',
      task: 0,
      config: connector.config.parse(props),
      props,
      log: recordingLog(),
      clock: systemClock,
      signal: abort.signal,
      gateway,
      report: (said: (typeof facts)[number]) => void facts.push(said),
    },
  }
}

export interface SourceRunOptions extends RunOptions {
  /** What an earlier run stored, by source partition as JSON. */
  readonly stored?: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly valueSchema?: (topic: string) => Promise<Schema | undefined>
}

/** Runs a source task as a worker does, one poll at a time; acknowledges what it is told to. */
export async function runSource(connector: SourceConnector, options: SourceRunOptions) {
  const { abort, facts, context } = commonContext(options, connector)
  const stored = new Map(options.stored)
  const task = await connector.startTask({
    ...context,
    offsets: {
      offset: async (partition) => stored.get(JSON.stringify(partition)),
      list: async () =>
        [...stored].map(([partition, offset]) => ({ partition: JSON.parse(partition) as never, offset })),
    },
    valueSchema: options.valueSchema ?? (async () => undefined),
    keySchema: async () => undefined,
  })
  let offset = 0n
  const acknowledge = (records: readonly SourceRecord[]): void => {
    for (const record of records) {
      if (Object.keys(record.sourceOffset).length > 0) {
        stored.set(JSON.stringify(record.sourcePartition), record.sourceOffset)
      }
      task.commitRecord?.(record, { topic: record.topic, partition: 0, offset: offset++ })
    }
  }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      abort.abort()
      await task.stop?.()
    })()
    return stopped
  }
  onTestFinished(stop)
  return {
    task,
    facts,
    stored,
    log: context.log,
    abort: () => abort.abort(),
    acknowledge,
    /** Polls until `count` records have come, acknowledging each batch. */
    async records(count: number): Promise<readonly SourceRecord[]> {
      const records: SourceRecord[] = []
      const deadline = Date.now() + 10_000
      while (records.length < count) {
        if (Date.now() > deadline) throw new Error(`Of ${count} records ${records.length} came in 10 s.`)
        const batch = await task.poll()
        acknowledge(batch)
        records.push(...batch)
      }
      return records
    },
    stop,
  }
}

export interface SinkRunOptions extends RunOptions {
  readonly tolerant?: boolean
}

/** Nothing was before. */
const noPast: TopicPast = {
  bounds: async () => [],
  offsetsAt: async () => [],
  async *replay() {},
}

/** Runs a sink task as a worker does: puts again what the task wants to be given again. */
export async function runSink(connector: SinkConnector, options: SinkRunOptions) {
  const props = { ...options.props, ...(options.tolerant && { 'errors.tolerance': 'all' }) }
  const { abort, facts, context } = commonContext({ ...options, props }, connector)
  const errants: { readonly record: SinkRecord; readonly error: unknown }[] = []
  const task = await connector.startTask({
    ...context,
    clusterId: async () => 'cluster',
    timestampAt: async () => 0,
    past: noPast,
    pause: () => undefined,
    resume: () => undefined,
    requestCommit: () => undefined,
    async reportErrant(record, error) {
      errants.push({ record, error })
      if (!options.tolerant) throw error
    },
  })
  const partition: OpenPartition = { topic: 't', partition: 0, offset: 0n }
  await task.open?.([partition])
  task.caughtUp?.()
  let consumed = 0n
  const putOnce = async (records: readonly SinkRecord[]): Promise<void> => {
    const offset = (records.at(-1)?.origin.offset ?? -1n) + 1n
    await task.put(records, [{ topic: 't', partition: 0, offset, timestamp: 0 }])
    consumed = offset
  }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      abort.abort()
      await task.stop?.()
    })()
    return stopped
  }
  onTestFinished(stop)
  return {
    task,
    facts,
    errants,
    putOnce,
    abort: () => abort.abort(),
    async put(records: readonly SinkRecord[]): Promise<void> {
      for (;;) {
        try {
          return await putOnce(records)
        } catch (error) {
          if (!(error instanceof Error && 'retriable' in error && error.retriable) || abort.signal.aborted) throw error
        }
      }
    },
    /** Up to where the task lets the worker commit. */
    async committable(): Promise<bigint> {
      const offsets = await task.flush?.([{ topic: 't', partition: 0, offset: consumed }])
      return offsets ? (offsets[0]?.offset ?? 0n) : consumed
    },
    stop,
  }
}

/** A record at an offset of the one partition that `runSink` opens. */
export function sinkRecord(offset: number, value: unknown, more: Partial<SinkRecord> = {}): SinkRecord {
  return {
    topic: 't',
    partition: 0,
    key: `key-${offset}`,
    value,
    timestamp: 1_700_000_000_000,
    headers: [],
    path: [],
    origin: { topic: 't', partition: 0, offset: BigInt(offset), timestamp: 1_700_000_000_000 },
    ...more,
  }
}
