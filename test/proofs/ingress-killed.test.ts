import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, inject, test } from 'vitest'
import { freePort } from '../../src/stack/index.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { startNumberedProducers } from '../support/numbered-producers.ts'
import { readCommitted } from '../support/read-committed.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'
import { kafkaClient } from '../support/topics.ts'

const size = scale({
  small: [{ support: 'enabled', kills: 1 }],
  full: [
    { support: 'enabled', kills: 20 },
    { support: 'disabled', kills: 3 },
  ],
})
const count = 20
const inFlight = 50
const lanes = 4
const secret = 'a secret of at least thirty-two bytes'
const workers = [0, 1, 2]

const facts: Record<string, number> = {}
afterAll(() => evidence('ingress-killed', facts))

async function startIngress(support: string) {
  const ports = await Promise.all(workers.map(() => freePort()))
  const cluster = await startCluster({
    workers: 3,
    props: {
      'exactly.once.source.support': support,
      'gateway.enabled': 'true',
      'gateway.position.keys': Buffer.alloc(32, 7).toString('base64'),
      'gateway.namespaces': '{"report":{"subscribe":"none","publish":"token"}}',
      'gateway.auth.secret': secret,
    },
    propsOf: (worker) => ({ 'gateway.port': String(ports[worker]) }),
  })
  const topic = `${cluster.name}.reports`
  await kafkaClient().createTopic(topic, { partitions: 3, replicationFactor: 1 })
  await cluster.ask('PUT', `/connectors/${cluster.name}-in/config`, {
    'connector.class': 'WebSocketServerSource',
    'tasks.max': String(lanes),
    'ingress.lanes': String(lanes),
    channels: 'report:*',
    topic,
    key: '#{client}',
  })
  const urls = ports.map((port) => `ws://127.0.0.1:${port}/ws`)
  return { cluster, topic, urls, tasks: support === 'enabled' ? lanes : 1 }
}

interface Message {
  readonly producer: string
  readonly id: number
}

/** The ids of each producer in the order of the topic, which holds all of one producer's in one partition. */
async function idsIn(topic: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const read = (await readCommitted(inject('kafka'), [topic]))[topic] ?? []
  const messages = read.map(([, , value]) => JSON.parse(value) as Message)
  const ids = new Map<string, number[]>()
  for (const { producer, id } of messages) {
    const own = ids.get(producer) ?? []
    ids.set(producer, own)
    own.push(id)
  }
  return ids
}

async function killSome(cluster: Cluster, kills: number, tasks: number, goesOn: () => Promise<void>): Promise<void> {
  const random = seededRandom()
  const below = (limit: number) => Math.floor(random() * limit)
  for (let kill = 0; kill < kills; kill++) {
    await sleep(500 + below(1500))
    const worker = below(3)
    await cluster.kill(worker)
    await cluster.running(tasks, { on: workers.filter((each) => each !== worker) })
    await goesOn()
    await cluster.start(worker)
    await cluster.answers(worker)
    await cluster.shared(tasks)
    process.stderr.write(`worker ${worker} killed and back\n`)
  }
}

test.each(size)(
  'producers send again to another worker what a crash left unanswered, with exactly once $support',
  { timeout: 1_200_000 },
  async ({ support, kills }) => {
    process.stderr.write(`seed ${seed}\n`)
    const { cluster, topic, urls, tasks } = await startIngress(support)
    await cluster.running(tasks)
    const producers = await startNumberedProducers({
      count,
      inFlight,
      channel: 'report:all',
      urls,
      secret,
    })
    /** Every producer is answered again, wherever it is connected now. */
    const goesOn = async (): Promise<void> => {
      const before = producers.answered()
      const isOn = (answered: number, index: number): boolean => answered > (before[index] ?? 0) + inFlight
      const what = 'answers for every producer'
      await eventually(() => producers.answered().every(isOn), { timeoutMs: 60_000, what })
    }
    await goesOn()
    await killSome(cluster, kills, tasks, goesOn)
    const { last, answered, duplicates } = await producers.end()
    const stored = await idsIn(topic)
    const total = [...stored.values()].map((ids) => ids.length).reduce((a, b) => a + b, 0)
    const twice = total - [...stored.values()].map((ids) => new Set(ids).size).reduce((a, b) => a + b, 0)
    const missing = [...last].filter(([name, id]) => new Set(stored.get(name)).size !== id).length
    const isOrdered = [...last].every(([name, id]) => stored.get(name)?.every((each, at) => each === at + 1) && id > 0)
    expect(missing).toBe(0)
    // A map of last ids in each process knows nothing of what another worker has stored.
    expect({ isOrdered, isOnce: twice === 0 }).toEqual({
      isOrdered: support === 'enabled',
      isOnce: support === 'enabled',
    })
    const what = support === 'enabled' ? 'lanes' : 'a process-local map in place of the lanes'
    Object.assign(facts, {
      [`${what}: kills`]: kills,
      [`${what}: messages of ${count} producers with ${inFlight} in flight each`]: answered,
      [`${what}: sent again and answered as duplicates`]: duplicates,
      [`${what}: producers of whom a message is missing`]: missing,
      [`${what}: messages that are there more than once`]: twice,
    })
    if (support === 'enabled') await Promise.all(workers.map((worker) => cluster.stop(worker)))
  },
)
