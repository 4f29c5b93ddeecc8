import { onTestFinished } from 'vitest'
import {
  type AlteredOffset,
  defineConfig,
  defineSink,
  defineSource,
  type Props,
  type SourceTaskContext,
  type TopicPartitionOffset,
} from '#api'
import { converters, headerConverters } from '../../../src/converters/index.ts'
import { createStandaloneHerder, type StandaloneHerder } from '../../../src/herder/index.ts'
import type { KafkaClient } from '../../../src/kafka/index.ts'
import { createPlugins } from '../../../src/plugins/index.ts'
import { type ConfigResolver, noMetrics, type RuntimeMetrics } from '../../../src/runtime/index.ts'
import { createMemoryOffsetStore } from '../../../src/storage/index.ts'
import { createLogging } from '../../../src/telemetry/logger.ts'
import { manualClock, recordingLog } from '../../support/quiet.ts'

/** What a test makes the connectors do. */
export interface Script {
  /** Called when a task starts; a throw fails it. */
  onStart?: ((context: SourceTaskContext<unknown>) => void) | undefined
  /** Called when a task stops; may never come back. */
  onStop?: () => void | Promise<void>
  taskConfigs?: (maxTasks: number) => readonly Readonly<Record<string, string>>[]
  alterOffsets?: (offsets: readonly AlteredOffset[]) => boolean
  /** How many tasks were started. */
  started: number
}

/** The tasks that a group has, in memory; everything else waits. */
export function fakeKafka(clock: ReturnType<typeof manualClock>) {
  const committed: TopicPartitionOffset[] = []
  const calls: unknown[] = []
  const refusal: { error?: Error } = {}
  const refuse = () => {
    if (refusal.error) throw refusal.error
  }
  const idle = {
    async poll(ms: number, signal: AbortSignal) {
      await clock.sleep(ms, signal)
      return { revoked: [], assigned: [], batches: [] }
    },
    pause() {},
    resume() {},
    seek() {},
    async commit() {},
    changed: () => false,
    caughtUp: () => false,
    async close() {},
  }
  const client: KafkaClient = {
    clusterId: async () => 'cluster',
    async createTopic() {},
    topicExists: async () => true,
    async committed(group, topics, props) {
      calls.push({ committed: group, topics, props })
      return committed
    },
    async alterOffsets(group, offsets, props) {
      calls.push({ alter: group, offsets, props })
      refuse()
    },
    async deleteGroup(group, props) {
      calls.push({ delete: group, props })
      refuse()
    },
    newest: async () => [],
    topicInfo: async () => undefined,
    topicLog: () => Promise.reject(new Error('not here')),
    topicHistory: () => ({
      bounds: async () => [],
      offsetsAt: async () => [],
      async *read() {},
      async close() {},
    }),
    transactionalProducer: () => Promise.reject(new Error('not here')),
    async fenceProducers() {},
    groupMember() {
      throw new Error('not here')
    },
    timestampAt: async () => 'gone',
    groupConsumer: () => idle,
    logReader: async () => idle,
    producer: async () => ({ send: async () => [], async close() {} }),
    async close() {},
  }
  return { client, committed, calls, refusal }
}

export interface Harness {
  readonly herder: StandaloneHerder
  readonly script: Script
  readonly clock: ReturnType<typeof manualClock>
  readonly log: ReturnType<typeof recordingLog>
  readonly kafka: ReturnType<typeof fakeKafka>
  readonly offsets: ReturnType<typeof createMemoryOffsetStore>
  /** Creates or replaces the connector `c`. */
  put(props?: Props, initialState?: 'STARTED' | 'PAUSED' | 'STOPPED'): Promise<unknown>
  /** The states of the connector and its tasks, such as `RUNNING: RUNNING FAILED`. */
  states(): Promise<string>
  /** Time passes; what is due happens, and what follows from it. */
  pass(ms: number): Promise<void>
}

/** Whatever is under way gets its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export interface HarnessOptions {
  readonly resolver?: ConfigResolver
  readonly metrics?: Partial<RuntimeMetrics>
  readonly tracking?: { readonly enable: boolean; readonly reset: boolean }
}

/** A herder with a source and a sink that follow a script, without Kafka and without real time. */
export function setUp({ resolver, metrics, tracking = { enable: true, reset: true } }: HarnessOptions = {}): Harness {
  const clock = manualClock()
  const log = recordingLog()
  const kafka = fakeKafka(clock)
  const offsets = createMemoryOffsetStore()
  const script: Script = { started: 0 }
  const config = defineConfig({
    topic: { type: 'string', importance: 'high', default: 't', doc: 'The topic.' },
    token: { type: 'password', importance: 'high', default: null, doc: 'A secret.' },
    size: { type: 'int', importance: 'high', default: 1, doc: 'A number.' },
  })
  const about = { version: '1.2.3', doc: 'Follows a script.', config }
  const source = defineSource({
    name: 'ScriptedSource',
    aliases: ['org.example.ScriptedSourceConnector'],
    ...about,
    taskConfigs: (_, max) => script.taskConfigs?.(max) ?? Array.from({ length: max }, (__, n) => ({ part: String(n) })),
    alterOffsets: (_, changed) => script.alterOffsets?.(changed) ?? false,
    startTask(context) {
      script.started++
      script.onStart?.(context)
      return {
        async poll() {
          await clock.sleep(1000, context.signal)
          return []
        },
        stop: () => script.onStop?.(),
      }
    },
  })
  const sink = defineSink({
    name: 'ScriptedSink',
    ...about,
    alterOffsets: (_, changed) => script.alterOffsets?.(changed) ?? false,
    startTask: () => ({ put() {} }),
  })
  const herder = createStandaloneHerder({
    deps: {
      kafka: kafka.client,
      plugins: createPlugins([converters, headerConverters, [source, sink]]),
      offsets,
      log,
      clock,
      workerProps: { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter' },
      settings: {
        'offset.flush.interval.ms': 60_000,
        'offset.flush.timeout.ms': 5000,
        'task.shutdown.graceful.timeout.ms': 5000,
        'topic.creation.enable': true,
      },
      metrics: { ...noMetrics, ...metrics },
      resolver: resolver ?? { resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }) },
    },
    settings: { 'topic.tracking.enable': tracking.enable, 'topic.tracking.allow.reset': tracking.reset },
    levels: createLogging('info', { clock }).levels,
    preview: async () => ({ records: [], warnings: [] }),
    workerId: () => 'test:8083',
    version: '1.0.0',
    commit: 'unknown',
  })
  onTestFinished(() => herder.stop())
  return {
    herder,
    script,
    clock,
    log,
    kafka,
    offsets,
    put: (props = {}, initialState = 'STARTED') =>
      herder.putConnector('c', { 'connector.class': 'ScriptedSource', ...props }, { replace: true, initialState }),
    async pass(ms) {
      await settle()
      for (let left = ms; left > 0; left -= 500) {
        await clock.advance(Math.min(left, 500))
        await settle()
      }
    },
    async states() {
      await settle()
      const { connector, tasks } = await herder.connectorState('c')
      return `${connector.state}: ${tasks.map(({ state }) => state).join(' ')}`.trim()
    },
  }
}

/** A resolver whose provider's values a test changes. */
export function changingResolver(values: Record<string, string>): ConfigResolver & { changed(): void } {
  let watchers: (() => void)[] = []
  return {
    async resolve(props) {
      const given = new Map<string, string[]>()
      const replaced = Object.fromEntries(
        Object.entries(props).map(([key, value]) => {
          const put: string[] = []
          const next = value?.replace(/\$\{test:(\w+)\}/g, (whole, name: string) => {
            put.push(values[name] ?? whole)
            return values[name] ?? whole
          })
          if (next !== value) given.set(key, put)
          return [key, next]
        }),
      )
      return {
        props: replaced,
        resolved: new Set(given.keys()),
        given,
        onChange(signal, callback) {
          watchers.push(() => {
            if (!signal.aborted) callback()
          })
        },
      }
    },
    changed() {
      const told = watchers
      watchers = []
      for (const tell of told) tell()
    },
  }
}
