import { onTestFinished } from 'vitest'
import { defineConfig, defineSource } from '#api'
import { converters, headerConverters } from '../../../../src/converters/index.ts'
import {
  createDistributedHerder,
  type DistributedHerder,
  type DistributedHerderSettings,
} from '../../../../src/herder/index.ts'
import { createPlugins } from '../../../../src/plugins/index.ts'
import { noMetrics } from '../../../../src/runtime/index.ts'
import {
  createMemoryConfigStore,
  createMemoryOffsetStore,
  createMemoryStatusStore,
  createMemoryTopics,
} from '../../../../src/storage/index.ts'
import { createLogLevels } from '../../../../src/telemetry/log-levels.ts'
import type { PeerClient } from '../../../../src/util/peer-client.ts'
import { manualClock, recordingLog } from '../../../support/quiet.ts'
import { fakeKafka } from '../harness.ts'
import { createMemoryGroup } from './memory-group.ts'

export const clusterSettings: DistributedHerderSettings = {
  'group.id': 'cluster',
  'session.timeout.ms': 10_000,
  'heartbeat.interval.ms': 3000,
  'rebalance.timeout.ms': 60_000,
  'scheduled.rebalance.max.delay.ms': 0,
  'worker.sync.timeout.ms': 3000,
  'worker.unsync.backoff.ms': 1000,
  'inter.worker.key.generation.algorithm': 'HmacSHA256',
  'inter.worker.key.size': null,
  'inter.worker.key.ttl.ms': 3_600_000,
  'inter.worker.signature.algorithm': 'HmacSHA256',
  'inter.worker.verification.algorithms': ['HmacSHA256'],
  'topic.tracking.enable': true,
  'topic.tracking.allow.reset': true,
  'exactly.once.source.support': 'disabled',
}

const nobody: PeerClient = { request: () => Promise.reject(new Error('no connections here')), close() {} }

/** `a` on the first worker, say: what was begun where, and what ended. */
export interface Seen {
  readonly started: string[]
  readonly stopped: string[]
}

/** Herders of one cluster over one memory, without Kafka and without real time; the first leads. */
export async function setUpCluster(count: number, more: Partial<DistributedHerderSettings> = {}) {
  const clock = manualClock()
  const log = recordingLog()
  const topics = createMemoryTopics()
  const group = createMemoryGroup()
  const fenced: (readonly string[])[] = []
  const seen: Seen = { started: [], stopped: [] }
  const script: { onStart?: ((task: string) => void) | undefined; check?: (() => Promise<void>) | undefined } = {}
  const herders = new Map<string, DistributedHerder>()
  const statuses = await createMemoryStatusStore({ log, clock, topics })
  const urlOf = (worker: number) => `http://worker${worker}:8083/`

  async function createWorker(worker: number): Promise<DistributedHerder> {
    const kafka = fakeKafka(clock)
    const source = defineSource({
      name: 'ScriptedSource',
      version: '1.2.3',
      doc: 'Follows a script.',
      config: defineConfig({ size: { type: 'int', importance: 'high', default: 1, doc: 'A number.' } }),
      taskConfigs: (_, max) => Array.from({ length: max }, (__, n) => ({ part: String(n) })),
      startTask({ connector, task, signal }) {
        const name = `${connector}-${task}@${worker}`
        script.onStart?.(name)
        seen.started.push(name)
        return {
          async poll() {
            await clock.sleep(1000, signal)
            return []
          },
          stop: () => void seen.stopped.push(name),
        }
      },
    })
    const herder = createDistributedHerder({
      deps: {
        kafka: {
          ...kafka.client,
          async fenceProducers(ids) {
            fenced.push(ids)
          },
        },
        plugins: createPlugins([converters, headerConverters, [source]]),
        offsets: createMemoryOffsetStore(),
        log,
        clock,
        workerProps: { 'key.converter': 'StringConverter', 'value.converter': 'StringConverter' },
        settings: {
          'offset.flush.interval.ms': 60_000,
          'offset.flush.timeout.ms': 5000,
          'task.shutdown.graceful.timeout.ms': 5000,
          'topic.creation.enable': true,
        },
        metrics: noMetrics,
        resolver: { resolve: async (props) => ({ props, resolved: new Set(), onChange() {} }) },
      },
      config: await createMemoryConfigStore({ log, clock, topics }),
      statuses: await createMemoryStatusStore({ log, clock, topics }),
      settings: { ...clusterSettings, ...more },
      levels: createLogLevels('INFO', clock.now).levels,
      preview: async () => ({ records: [], warnings: [] }),
      url: urlOf(worker),
      version: '1.0.0',
      commit: 'unknown',
      peers: nobody,
      createGroup: group.create,
      // What REST does with signed requests of other workers.
      createClient: ({ keys }) => ({
        async send({ method, url, path, port, body = Buffer.alloc(0) }) {
          const { 'X-Connect-Authorization': authorization, 'X-Connect-Request-Signature-Algorithm': algorithm } =
            keys.sign(body, port)
          const internal = herders.get(url)?.internal
          if (!internal) throw new Error(`nobody is at ${url}`)
          const [first, second = '', what] = path
          const to = first === 'internal' ? path.slice(1).join('/') : undefined
          internal.verify(body, { authorization, algorithm }, to)
          if (to !== undefined) return internal.call(to, body)
          if (method === 'POST' && what === 'tasks')
            await internal.putTasks(second, JSON.parse(body.toString()) as never)
          else if (method === 'PUT' && what === 'fence') await internal.fence(second)
          else throw new Error(`${method} ${path.join('/')}`)
          return Buffer.alloc(0)
        },
        close() {},
      }),
    })
    herders.set(urlOf(worker), herder)
    onTestFinished(async () => {
      const ended = herder.stop()
      await settle()
      await clock.advance(60_000)
      await ended
    })
    return herder
  }

  /** Whatever is under way gets its turn. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  const workers: DistributedHerder[] = []
  for (let worker = 0; worker < count; worker++) workers.push(await createWorker(worker))
  for (const worker of workers) worker.start()
  await settle()
  const [leader, follower] = workers
  if (!leader) throw new Error('a cluster has a worker at least')

  return {
    leader,
    /** The second worker; the first where there is one alone. */
    follower: follower ?? leader,
    workers,
    group,
    clock,
    log,
    topics,
    /** What a worker may say that is none of these. */
    statuses,
    fenced,
    seen,
    script,
    settle,
    urlOf,
    /** Creates the connector, or replaces its configuration, and waits for what follows. */
    async put(name: string, props: Readonly<Record<string, string>> = {}) {
      const all = { 'connector.class': 'ScriptedSource', ...props }
      const put = await leader.putConnector(name, all, { replace: true })
      await settle()
      return put
    },
    /** Such as `RUNNING@worker0:8083: RUNNING@worker1:8083`. */
    async states(name: string, of: DistributedHerder = leader): Promise<string> {
      await settle()
      const { connector, tasks } = await of.connectorState(name)
      return [
        `${connector.state}@${connector.worker_id}:`,
        ...tasks.map((task) => `${task.state}@${task.worker_id}`),
      ].join(' ')
    },
  }
}
