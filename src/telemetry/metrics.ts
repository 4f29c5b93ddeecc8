import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Metric } from './metric.ts'
import { createTaskFigures, type FiguredTask, type TaskFigures } from './task-figures.ts'
import { taskMetrics } from './task-metrics.ts'
import { taskTable } from './task-table.ts'
import type { ConnectorFigures, GatewayFigures, KafkaFigures, LinkFigures, WorkerFigures } from './worker-figures.ts'
import { linkTable, ownTable, workerTable } from './worker-table.ts'

/** Every metric that a worker's `/metrics` shows beside those of the process (`process_*`, `nodejs_*`). */
export const metricTable: readonly Metric[] = [...workerTable, ...taskTable, ...ownTable]

/** What a gate tells that is no worker: of its process, of its clients and of its links. */
export const gateTable: readonly Metric[] = [
  ...ownTable.filter(({ name }) => /^tidegate_(?:worker|gateway)_/.test(name)),
  ...linkTable,
]

export interface MetricsOptions {
  readonly now: () => number
  /** `metrics.sample.window.ms` and `metrics.num.samples`. */
  readonly windowMs: number
  readonly samples: number
  readonly version: string
  /** Default: nothing is asked. */
  readonly kafka?: () => KafkaFigures
  /** Default: all there are. */
  readonly table?: readonly Metric[]
}

/** What is looked up for each scrape. */
export interface MetricsSources {
  connectors(): Promise<readonly ConnectorFigures[]>
  gateway(): GatewayFigures | undefined
  /** Of a gate of its own. */
  links?(): readonly LinkFigures[]
}

export interface Metrics {
  /** The hooks of the runtime. */
  readonly runtime: ReturnType<typeof runtimeHooks>
  readonly contentType: string
  /** The text of `/metrics`. */
  text(sources: MetricsSources): Promise<string>
}

const noKafka = (): KafkaFigures => ({ connections: 0, requests: {} })

/** Counts for as long as the worker lives; nothing is kept for a task that has ended but the totals of its connector's last life. */
export function createMetrics({
  now,
  windowMs,
  samples,
  version,
  kafka = noKafka,
  table = metricTable,
}: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const tasks = new Map<string, TaskFigures>()
  const startups = { connector: { succeeded: 0, failed: 0 }, task: { succeeded: 0, failed: 0 } }
  const worker = { version, startedAt: now() }
  let figures: WorkerFigures = {
    now: now(),
    tasks: [],
    startups,
    connectors: [],
    gateway: undefined,
    worker,
    kafka: kafka(),
    links: undefined,
  }
  for (const metric of table) register(registry, metric, () => figures)

  return {
    runtime: runtimeHooks(tasks, startups, { now, windowMs, samples }),
    contentType: registry.contentType,
    async text({ connectors, gateway, links }) {
      const states = await connectors()
      figures = {
        now: now(),
        tasks: [...tasks.values()],
        startups,
        connectors: states,
        gateway: gateway(),
        worker,
        kafka: kafka(),
        links: links?.(),
      }
      return registry.metrics()
    },
  }
}

/** Read anew at each scrape: a task that is gone is gone from the answer. */
function register(registry: Registry, metric: Metric, figures: () => WorkerFigures): void {
  const { name, help } = metric
  const options = { name, help, labelNames: [...metric.labels], registers: [] }
  if (metric.type === 'counter') {
    registry.registerMetric(
      new Counter({
        ...options,
        collect() {
          this.reset()
          for (const [labels, value] of metric.read(figures())) if (value !== undefined) this.inc({ ...labels }, value)
        },
      }),
    )
  } else {
    registry.registerMetric(
      new Gauge({
        ...options,
        collect() {
          this.reset()
          // Without labels a reset gauge is 0, which is not the same as nothing to say.
          if (metric.labels.length === 0) this.remove()
          for (const [labels, value] of metric.read(figures())) if (value !== undefined) this.set({ ...labels }, value)
        },
      }),
    )
  }
}

function runtimeHooks(
  tasks: Map<string, TaskFigures>,
  startups: WorkerFigures['startups'],
  settings: { readonly now: () => number; readonly windowMs: number; readonly samples: number },
) {
  const counted = (kind: 'connector' | 'task') => (_connector: string, succeeded: boolean) => {
    startups[kind][succeeded ? 'succeeded' : 'failed']++
  }
  return {
    connectorStartup: counted('connector'),
    taskStartup: counted('task'),
    task(of: FiguredTask) {
      const id = `${of.connector}-${of.task}`
      const figures = createTaskFigures(of, settings)
      tasks.set(id, figures)
      return taskMetrics(figures, settings.now, () => {
        // Another life of the task may have begun meanwhile.
        if (tasks.get(id) === figures) tasks.delete(id)
      })
    },
    forget(connector: string) {
      for (const [id, { of }] of tasks) if (of.connector === connector) tasks.delete(id)
    },
  }
}
