import { freePort } from '../../src/stack/index.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { eventually } from './eventually.ts'
import { type NumberedTopic, type NumberedTopicOptions, numberedTopic } from './numbered-topic.ts'
import { kafkaClient } from './topics.ts'

export interface GateClusterOptions extends Omit<NumberedTopicOptions, 'topic'> {
  readonly workers: number
  /** Of the sink. */
  readonly sink?: Readonly<Record<string, string>>
  /** Of the workers. */
  readonly props?: Readonly<Record<string, string>>
}

export interface GateCluster {
  readonly cluster: Cluster
  /** `ws://…/ws` of each worker. */
  readonly urls: readonly string[]
  readonly feed: NumberedTopic
  /** Resolves when the worker lets clients in. */
  ready(worker: number): Promise<void>
  /** The sum over a metric's labels on a worker, or of one with these, such as `name{label="x"}`; undefined: it has none of that name. */
  metric(worker: number, name: string): Promise<number | undefined>
}

/** Workers with gates before one topic of numbers, split and told on channels `item:*`; all are ready. */
export async function startGateCluster(options: GateClusterOptions): Promise<GateCluster> {
  const { workers, sink = {}, props = {} } = options
  const ports = await Promise.all(Array.from({ length: workers }, () => freePort()))
  const cluster = await startCluster({
    workers,
    props: {
      'gateway.enabled': 'true',
      'gateway.position.keys': Buffer.alloc(32, 7).toString('base64'),
      'gateway.namespaces': JSON.stringify({ item: { subscribe: 'anonymous', history: 'anonymous' } }),
      ...props,
    },
    propsOf: (worker) => ({ 'gateway.port': String(ports[worker]) }),
  })
  const feed = await numberedTopic(kafkaClient(), { ...options, topic: `${cluster.name}.numbers` })
  const answer = (worker: number, path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[worker]}${path}`, { signal: AbortSignal.timeout(20_000) })
  const gates: GateCluster = {
    cluster,
    urls: ports.map((port) => `ws://127.0.0.1:${port}/ws`),
    feed,
    async ready(worker) {
      const isReady = async (): Promise<boolean> => (await answer(worker, '/health')).ok
      await eventually(isReady, { timeoutMs: 180_000, what: `a ready gate of worker ${worker}` })
    },
    async metric(worker, name) {
      const response = await fetch(`${cluster.urls[worker]}/metrics`, { signal: AbortSignal.timeout(5000) })
      const values = (await response.text())
        .split('\n')
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
      return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0)
    },
  }
  await cluster.ask('PUT', `/connectors/${cluster.name}-items/config`, {
    'connector.class': 'WebSocketServerSink',
    'tasks.max': '1',
    topics: `${cluster.name}.numbers`,
    channel: 'item:#{value.channel}',
    'message.key': 'value.id',
    transforms: 'split',
    'transforms.split.type': 'Split',
    ...sink,
  })
  await cluster.running(1)
  await Promise.all(ports.map((_, worker) => gates.ready(worker)))
  return gates
}
