import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientPrograms } from '../support/client-programs.ts'
import { type GateCluster, startGateCluster } from '../support/gate-cluster.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

const size = scale({
  small: { workers: 2, clients: 60, renewed: 6, processes: 1, channels: 10, kills: 2, everyMs: 50, recordsEach: 4 },
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

const windows = scale({
  small: [{ window: 'large', sink: {} }],
  full: [
    { window: 'large', sink: {} },
    { window: 'none', sink: { 'window.max.bytes': '0' } },
  ],
})

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

test.each(windows)(
  'whichever worker is killed and when, every client has every message once and in order, window: $window',
  { timeout: 60_000 + size.kills * 60_000 },
  async ({ window, sink }) => {
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
    const [steady, renewed] = [clientPrograms(size.processes), clientPrograms(1, size.clients)]
    const common = { urls, channels: feed.channels, atOnce: 200, backoff: { initialMs: 200, maxMs: 2000 } }
    await steady.start({ ...common, clients: size.clients, options: {} })
    // These begin with a snapshot again and again, so that kills fall into snapshots.
    await renewed.start({ ...common, clients: size.renewed, options: { snapshot: true }, renewMs: 50 })
    feed.start()
    await killSome(gates)
    await feed.stop()
    const missing = [...(await steady.complete(feed.last())), ...(await renewed.complete(feed.last()))]
    const [all, others] = [await steady.report(), await renewed.report()]
    const fetches = await Promise.all(urls.map((_, worker) => gates.metric(worker, kafkaFetches)))
    process.stderr.write(`${JSON.stringify({ all, others, fetches })}\n`)
    expect({ missing, findings: all.findings }).toEqual({
      missing: [],
      findings: { missing: 0, repeated: 0, announced: 0, examples: [] },
    })
    expect(others.findings.examples).toEqual([])
    // Each has lost its gate, and has come back without a loss.
    expect(Object.keys(all.recovered).toSorted()).toEqual(['null', 'true'])
    expect(all.recovered['null']).toBe(size.clients)
    Object.assign(facts, {
      [`window ${window}: kills`]: size.kills,
      [`window ${window}: clients`]: size.clients,
      [`window ${window}: clients that begin anew with a snapshot, one each 50 ms`]: size.renewed,
      [`window ${window}: messages made`]: feed.made(),
      [`window ${window}: messages at clients`]: all.received,
      [`window ${window}: connections lost and resumed`]: all.recovered['true'] ?? 0,
      [`window ${window}: missing or doubled at a client`]: 0,
      [`window ${window}: snapshots`]: others.snapshots,
      [`window ${window}: fetches from Kafka by the workers that live at the end, each since its last start`]: fetches
        .map((count) => count ?? 0)
        .reduce((a, b) => a + b, 0),
    })
    evidence('gate-killed', facts)
    await Promise.all(urls.map((_, worker) => cluster.stop(worker)))
  },
)
