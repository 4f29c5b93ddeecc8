import type { SinkRecord, SinkTaskContext, SourceRecord, TopicPartitionOffset } from '#api'
import { defineConfig, defineSink, defineSource } from '#api'

/** What a test sees of a recording sink and may make it do. */
export interface SinkHandle {
  readonly values: unknown[]
  readonly records: SinkRecord[]
  readonly tasks: Set<number>
  caughtUp: number
  /** Called before a batch is taken; may throw or wait. */
  onPut?: ((records: readonly SinkRecord[], context: SinkTaskContext<unknown>) => void | Promise<void>) | undefined
  /** How often `put` was called. */
  puts: number
  readonly name: string
  /** What may be committed; all when absent. */
  onFlush?: (
    offsets: readonly TopicPartitionOffset[],
  ) => readonly TopicPartitionOffset[] | undefined | Promise<undefined>
}

const sinks = new Map<string, SinkHandle>()

export function sinkHandle(connector: string): SinkHandle {
  const handle = sinks.get(connector) ?? {
    name: connector,
    values: [],
    records: [],
    tasks: new Set(),
    caughtUp: 0,
    puts: 0,
  }
  sinks.set(connector, handle)
  return handle
}

function sink(name: string, placement: 'group' | 'everyWorker') {
  return defineSink({
    name,
    version: '1.0.0',
    doc: 'Keeps what it is given.',
    config: defineConfig({
      'warm.ms': { type: 'long', importance: 'low', default: 300_000, doc: 'How far back it reads.' },
    }),
    placement,
    warmMs: (config) => config['warm.ms'],
    startTask(context) {
      const { connector, task } = context
      const handle = sinkHandle(connector)
      handle.tasks.add(task)
      return {
        async put(records: readonly SinkRecord[]) {
          handle.puts++
          await handle.onPut?.(records, context)
          handle.records.push(...records)
          handle.values.push(...records.map(({ value }) => value))
        },
        async flush(offsets) {
          return handle.onFlush?.(offsets)
        },
        caughtUp() {
          handle.caughtUp++
        },
      }
    },
  })
}

export const recordingSink = sink('RecordingSink', 'group')
export const recordingReader = sink('RecordingReader', 'everyWorker')

/** Emits the numbers from its stored offset on, `count` of them, each with its own offset. */
export const countingSource = defineSource({
  name: 'CountingSource',
  version: '1.0.0',
  doc: 'Counts.',
  config: defineConfig({
    topic: { type: 'string', importance: 'high', doc: 'Where to.' },
    count: { type: 'int', importance: 'high', doc: 'How many.' },
  }),
  taskConfigs: (_, maxTasks) => Array.from({ length: maxTasks }, (__, task) => ({ task: String(task) })),
  async startTask({ connector, config, offsets, signal, clock, task }) {
    const handle = sourceHandle(connector)
    const sourcePartition = { task }
    const stored = await offsets.offset(sourcePartition)
    let next = typeof stored?.['next'] === 'number' ? stored['next'] : 0
    handle.startedAt.push(next)
    return {
      async poll() {
        await handle.onPoll?.()
        if (next >= config.count) await clock.sleep(200, signal)
        const records: SourceRecord[] = []
        for (; next < config.count && records.length < 50; next++) {
          records.push({
            topic: config.topic,
            key: null,
            value: handle.make?.(next) ?? String(next),
            headers: [],
            path: [],
            sourcePartition,
            sourceOffset: { next: next + 1 },
          })
        }
        return records
      },
      commitRecord(record, metadata, error) {
        handle.acknowledged.push({ value: record.value, written: metadata !== undefined, error })
      },
      commit() {
        handle.commits++
      },
    }
  },
})

export interface SourceHandle {
  readonly acknowledged: { value: unknown; written: boolean; error: unknown }[]
  readonly startedAt: number[]
  commits: number
  /** Called before each poll; may wait. */
  onPoll?: (() => Promise<void>) | undefined
  make?: (index: number) => unknown
}

const sources = new Map<string, SourceHandle>()

export function sourceHandle(connector: string): SourceHandle {
  const handle = sources.get(connector) ?? { acknowledged: [], startedAt: [], commits: 0 }
  sources.set(connector, handle)
  return handle
}
