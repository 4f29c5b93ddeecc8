import { onTestFinished } from 'vitest'
import { type DoorContext, defineConfig, defineSink, defineSource, type SourceTaskContext } from '#api'
import { converters, headerConverters } from '../../../../src/converters/index.ts'
import { createLocalWork } from '../../../../src/herder/distributed/create-local-work.ts'
import type { DesiredWork } from '../../../../src/herder/distributed/local-work.ts'
import type { TaskId } from '../../../../src/herder/index.ts'
import { createPlugins } from '../../../../src/plugins/index.ts'
import { type ConfigResolver, noMetrics, type Peers, type WorkerDeps } from '../../../../src/runtime/index.ts'
import {
  type ConnectorEntry,
  createMemoryOffsetStore,
  createMemoryStatusStore,
  type RawConfig,
} from '../../../../src/storage/index.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'
import { fakeKafka } from '../harness.ts'

export interface LocalScript {
  taskConfigs?: (max: number) => readonly RawConfig[]
  onStart?: ((context: SourceTaskContext<unknown>) => void) | undefined
  onStop?: ((task: number) => void | Promise<void>) | undefined
  onDoor?: (context: DoorContext<unknown>) => void
  /** `start c/0`, `stop c/0`, `commit c/0` … in their order. */
  readonly events: string[]
  /** Tasks that live, and how many of each. */
  readonly live: Map<string, number>
}

export interface LocalHarnessOptions {
  readonly exactlyOnce?: boolean
  readonly peers?: Peers
  readonly resolver?: ConfigResolver
  readonly gracefulMs?: number
}

export const noPeers: Peers = {
  url: () => 'http://here:8083/',
  ownerOf: () => undefined,
  serve: () => () => undefined,
  call: () => Promise.reject(new Error('nobody')),
}

/** The plugins of the tests; what happens goes to the script. */
function scripted(script: LocalScript, clock: ReturnType<typeof manualClock>) {
  const { events, live } = script
  const about = { version: '1.2.3', doc: 'Follows a script.', config: defineConfig({}) }
  const begin = (key: string) => {
    events.push(`start ${key}`)
    live.set(key, (live.get(key) ?? 0) + 1)
  }
  const end = (key: string) => {
    events.push(`stop ${key}`)
    live.set(key, (live.get(key) ?? 1) - 1)
  }
  const startTask = (context: SourceTaskContext<unknown>) => {
    script.onStart?.(context)
    const key = `${context.connector}/${context.task}`
    begin(key)
    return {
      async poll() {
        await clock.sleep(1000, context.signal)
        return []
      },
      async stop() {
        await script.onStop?.(context.task)
        end(key)
      },
    }
  }
  const source = defineSource({
    name: 'ScriptedSource',
    ...about,
    taskConfigs: (_, max) => script.taskConfigs?.(max) ?? Array.from({ length: max }, (__, n) => ({ part: String(n) })),
    startTask,
  })
  const everywhere = defineSink({
    name: 'EverywhereSink',
    ...about,
    placement: 'everyWorker',
    startTask(context) {
      const key = `${context.connector}/reader`
      script.onStart?.(context as never)
      begin(key)
      return { put() {}, stop: () => end(key) }
    },
  })
  const laned = defineSource({
    name: 'LanedSource',
    ...about,
    placement: 'everyWorker',
    lanes: {
      count: () => 2,
      startDoor(context) {
        const key = `${context.connector}/door`
        script.onDoor?.(context)
        begin(key)
        return { paused: (is) => void events.push(`paused ${is}`), stop: () => end(key) }
      },
    },
    startTask,
  })
  return [source, everywhere, laned]
}

export async function setUpLocal(options: LocalHarnessOptions = {}) {
  const clock = manualClock()
  const log = recordingLog()
  const kafka = fakeKafka(clock)
  const script: LocalScript = { events: [], live: new Map() }
  const deps: WorkerDeps = {
    kafka: kafka.client,
    plugins: createPlugins([converters, headerConverters, scripted(script, clock)]),
    offsets: createMemoryOffsetStore(),
    log,
    clock,
    workerProps: { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter' },
    settings: {
      'offset.flush.interval.ms': 60_000,
      'offset.flush.timeout.ms': 5000,
      'task.shutdown.graceful.timeout.ms': options.gracefulMs ?? 5000,
      'topic.creation.enable': true,
    },
    metrics: noMetrics,
    resolver: options.resolver ?? { resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }) },
    topics: { record() {} },
    peers: options.peers,
    exactlyOnce: options.exactlyOnce,
  }
  const statuses = await createMemoryStatusStore({ log, clock })
  const put: { readonly name: string; readonly configs: readonly RawConfig[] }[] = []
  const cluster = {
    refusal: undefined as Error | undefined,
    fenced: [] as string[],
    verified: [] as [TaskId, number][],
    stale: undefined as Error | undefined,
  }
  const group = { generation: 1 }
  const work = createLocalWork({
    deps,
    statuses,
    cluster: {
      async putTasks(name, configs) {
        put.push({ name, configs })
        if (cluster.refusal) throw cluster.refusal
      },
      async fence(name) {
        cluster.fenced.push(name)
      },
      async verify(id, generation) {
        cluster.verified.push([id, generation])
        if (cluster.stale) throw cluster.stale
      },
    },
    workerId: () => 'here:8083',
    generation: () => group.generation,
    log,
    groupId: 'workers',
  })
  onTestFinished(async () => {
    const ended = work.stop()
    await clock.advance(60_000)
    await ended
    await statuses.close()
  })

  /** Whatever is under way gets its turn. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    work,
    script,
    clock,
    log,
    statuses,
    cluster,
    put,
    group,
    kafka,
    settle,
    async align(desired: DesiredWork) {
      await work.align(desired)
      await settle()
    },
    /** The states in the status store, such as `RUNNING: RUNNING FAILED`. */
    async states(name = 'c'): Promise<string> {
      await settle()
      const tasks = [...statuses.tasks(name)].toSorted(([a], [b]) => a - b).map(([, { state }]) => state)
      return `${statuses.connector(name)?.state ?? '-'}: ${tasks.join(' ')}`.trim()
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 250) {
        await clock.advance(Math.min(left, 250))
        await settle()
      }
    },
  }
}

export type LocalHarness = Awaited<ReturnType<typeof setUpLocal>>

export const config = (more: RawConfig = {}): RawConfig => ({ name: 'c', 'connector.class': 'ScriptedSource', ...more })

/** An entry whose tasks are `count` that were made from its configuration. */
export function entryOf(raw: RawConfig, count: number, more: Partial<ConnectorEntry> = {}): ConnectorEntry {
  const tasks = Array.from({ length: count }, (_, task) => ({
    ...raw,
    ...(raw['connector.class'] === 'ScriptedSource' && { part: String(task) }),
    'task.class': `${raw['connector.class']}Task`,
  }))
  return {
    config: raw,
    target: 'STARTED',
    tasks,
    tasksGeneration: 1,
    inconsistent: false,
    applied: count > 0 ? raw : undefined,
    fencedCount: undefined,
    pendingFencing: false,
    ...more,
  }
}

/** What this worker has of `c`: the connector or not, and which tasks. */
export function desire(
  entry: ConnectorEntry | undefined,
  isOwner: boolean,
  tasks: readonly number[],
  name = 'c',
): DesiredWork {
  if (!entry) return { connectors: new Map(), tasks: [], all: new Map() }
  return {
    all: new Map([[name, entry]]),
    connectors: isOwner ? new Map([[name, entry]]) : new Map(),
    tasks: tasks.flatMap((task) => {
      const props = entry.tasks[task]
      return props ? [{ id: { connector: name, task }, props, entry }] : []
    }),
  }
}
