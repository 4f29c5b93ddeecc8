import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientPrograms } from '../support/client-programs.ts'
import { type GateCluster, startGateCluster } from '../support/gate-cluster.ts'
import { watchFigure } from '../support/machine-figures.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

const size = scale({
  small: { workers: 2, renewed: 6, processes: 1, channels: 10, kills: 2, everyMs: 50, recordsEach: 4 },
  full: {
    workers: 3,
    clients: 5000,
    renewed: 200,
    processes: 3,
    channels: 200,
    kills: 20,
    everyMs: 50,
    recordsEach: 20,
  },
})

/** What the workers ask of Kafka: live reading, which does not depend on clients, and reading back. */
const kafkaFetches = 'tidegate_kafka_requests_total{request="fetch"}'

/** Everything that was missed is read back from Kafka. */
const none = { 'window.max.bytes': '0' }
const windows = scale({
  small: [{ window: 'large', clients: 60, sink: {} }],
  full: [
    { window: 'large', clients: 5000, sink: {} },
    { window: 'none', clients: 1000, sink: none },
    { window: 'none', clients: 5000, sink: none },
  ],
})
/** Fetches a second of the runs without a window. */
const fetchRates: number[] = []

const facts: Record<string, string | number> = {}

async function killSome({ cluster, ready }: GateCluster): Promise<void> {
  const random = seededRandom()
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let kill = 0; kill < size.kills; kill++) {
    const worker = below(size.workers)
    await sleep(200 + below(1500))
    await cluster.kill(worker)
    process.stderr.write(`worker ${worker} killed\n`)
    // A second one while clients resume on it, as long as one is left.
    const next = (worker + 1) % size.workers
    const both = size.workers > 2 && below(3) === 0
    if (both) {
      await sleep(below(800))
      await cluster.kill(next)
      process.stderr.write(`worker ${next} killed meanwhile\n`)
    }
    for (const dead of both ? [worker, next] : [worker]) {
      await cluster.start(dead)
      await cluster.answers(dead)
      await ready(dead)
    }
  }
}

/** Looks at the workers' counters each second: they begin anew with each life. */
function countFetches({ urls, metric }: GateCluster): () => Promise<number> {
  const last = urls.map(() => 0)
  let sum = 0
  const look = async (): Promise<number> => {
    for (const worker of urls.keys()) {
      const count = await metric(worker, kafkaFetches).catch(() => undefined)
      if (count === undefined) continue
      sum += count >= (last[worker] ?? 0) ? count - (last[worker] ?? 0) : count
      last[worker] = count
    }
    return sum
  }
  const watch = watchFigure(1000, look)
  return async () => {
    await watch.stop()
    return look()
  }
}

test.each(windows)(
  'whichever worker is killed and when, every client has every message once and in order: $clients clients, window $window',
  { timeout: 60_000 + size.kills * 60_000 },
  async ({ window, clients, sink }) => {
    process.stderr.write(`seed ${seed}\n`)
    const gates = await startGateCluster({
      ...size,
      partitions: 4,
      keysOfChannel: 3,
      perRecord: 5,
      sink,
      props: { 'gateway.position.intervalMs': '1000' },
    })
    const { cluster, urls, feed } = gates
    const [steady, renewed] = [clientPrograms(size.processes), clientPrograms(1, clients)]
    const common = { urls, channels: feed.channels, atOnce: 200, backoff: { initialMs: 200, maxMs: 2000 } }
    await steady.start({ ...common, clients, options: {} })
    // These begin with a snapshot again and again, so that kills fall into snapshots.
    await renewed.start({ ...common, clients: size.renewed, options: { snapshot: true }, renewMs: 50 })
    const stopCounting = countFetches(gates)
    const began = performance.now()
    feed.start()
    await killSome(gates)
    await feed.stop()
    const missing = [...(await steady.complete(feed.last())), ...(await renewed.complete(feed.last()))]
    const [all, others] = [await steady.report(), await renewed.report()]
    const fetches = await stopCounting()
    const fetchRate = (fetches * 1000) / (performance.now() - began)
    if (window === 'none') fetchRates.push(fetchRate)
    process.stderr.write(`${JSON.stringify({ all, others, fetches, fetchRate })}\n`)
    expect({ missing, findings: all.findings }).toEqual({
      missing: [],
      findings: { missing: 0, repeated: 0, announced: 0, examples: [] },
    })
    expect(others.findings.examples).toEqual([])
    // Each has lost its gate, and has come back without a loss.
    expect(Object.keys(all.recovered).toSorted()).toEqual(['null', 'true'])
    expect(all.recovered['null']).toBe(clients)
    const of = `${clients} clients, window ${window}`
    Object.assign(facts, {
      [`${of}: kills`]: size.kills,
      [`${of}: others that begin anew with a snapshot, one each 50 ms`]: size.renewed,
      [`${of}: messages made`]: feed.made(),
      [`${of}: messages at clients`]: all.received,
      [`${of}: connections lost and resumed`]: all.recovered['true'] ?? 0,
      [`${of}: missing or doubled at a client`]: 0,
      [`${of}: snapshots`]: others.snapshots,
      [`${of}: fetches from Kafka by all workers, live and read back`]: fetches,
      [`${of}: of these a second`]: Math.round(fetchRate),
    })
    evidence('gate-killed', facts)
    const [few = 0, many = 0] = fetchRates
    // Five times the clients share the reading back.
    expect(many).toBeLessThanOrEqual(few * 2)
    await Promise.all(urls.map((_, worker) => cluster.stop(worker)))
  },
)
