import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type ClientPrograms, clientPrograms } from '../support/client-programs.ts'
import { countLives, type LifeCounts } from '../support/count-lives.ts'
import { type GateCluster, startGateCluster } from '../support/gate-cluster.ts'
import { evidence, scale, seed, seededRandom } from '../support/scale.ts'

const size = scale({
  small: { workers: 2, others: 6, processes: 1, channels: 10, kills: 2, everyMs: 50, recordsEach: 4 },
  full: { workers: 3, others: 200, processes: 3, channels: 200, kills: 6, everyMs: 100, recordsEach: 10 },
})
const perRecord = 5
/** Messages a second of one channel. */
const rate = (perRecord * size.recordsEach * 1000) / size.everyMs / size.channels

/** What the workers ask of Kafka: live reading, which does not depend on clients, and reading back. */
const fetches = 'tidegate_kafka_requests_total{request="fetch"}'
const connections = 'tidegate_kafka_connections_total'
const readBacks = 'tidegate_gateway_read_backs_total'
const readBytes = 'tidegate_gateway_read_back_bytes_total'

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
const isFull = scale({ small: false, full: true })
/** Of the runs without a window, for each second. */
const asked: { readonly fetches: number; readonly readBacks: number }[] = []

const facts: Record<string, string | number> = {}

interface Killing {
  readonly gates: GateCluster
  readonly counts: LifeCounts
  readonly renewed: ClientPrograms
}

/** Kills a random worker at a random moment; in turn at any, while many ask for a snapshot, and another while clients resume on it. */
async function killSome({ gates: { cluster, ready }, counts, renewed }: Killing): Promise<void> {
  const random = seededRandom()
  const below = (limit: number): number => Math.floor(random() * limit)
  const end = async (worker: number): Promise<void> => {
    await counts.look(worker)
    await cluster.kill(worker)
  }
  for (let kill = 0; kill < size.kills; kill++) {
    const worker = below(size.workers)
    const next = (worker + 1) % size.workers
    const isSecond = size.workers > 2 && kill % 3 === 2
    await sleep(200 + below(1500))
    if (kill % 3 === 1) {
      await renewed.renew({ many: size.others })
      await sleep(below(150))
    }
    await end(worker)
    if (isSecond) {
      await sleep(below(1500))
      await end(next)
    }
    process.stderr.write(`kill ${kill}: worker ${worker}${isSecond ? `, then ${next}` : ''}\n`)
    for (const dead of isSecond ? [worker, next] : [worker]) {
      await cluster.start(dead)
      await cluster.answers(dead)
      await ready(dead)
    }
  }
}

test.each(windows)(
  'whichever worker is killed and when, every client has every message once and in order: $clients clients, window $window',
  { timeout: 300_000 + size.kills * 120_000 },
  async ({ window, clients, sink }) => {
    process.stderr.write(`seed ${seed}\n`)
    const gates = await startGateCluster({
      ...size,
      partitions: 4,
      keysOfChannel: 3,
      perRecord,
      sink,
      // Of the workers' group: thousands of clients that come back are no reason to leave it.
      props: { 'gateway.position.intervalMs': '1000', 'session.timeout.ms': '10000' },
    })
    const { cluster, urls, feed } = gates
    const steady = clientPrograms(size.processes)
    const [renewed, paced] = [clientPrograms(1, clients), clientPrograms(1, clients + size.others)]
    const common = { urls, channels: feed.channels, atOnce: 200, backoff: { initialMs: 200, maxMs: 2000 } }
    await steady.start({ ...common, clients, options: {} })
    // These begin with a snapshot again and again, so that kills fall into snapshots.
    await renewed.start({ ...common, clients: size.others, options: { snapshot: true } })
    await renewed.renew({ many: 1, everyMs: 50 })
    // These get the messages of a record one by one, so that kills fall between them.
    await paced.start({ ...common, clients: size.others, options: { maxRate: rate * 1.5 } })
    const counts = countLives(gates, [fetches, connections, readBacks, readBytes])
    const began = performance.now()
    feed.start()
    await killSome({ gates, counts, renewed })
    await feed.stop()
    const missing = await Promise.all([steady, renewed, paced].map((group) => group.complete(feed.last(), 180_000)))
    const [all, snapshots, slow] = await Promise.all([steady.report(), renewed.report(), paced.report()])
    const counted = await counts.stop()
    const seconds = (performance.now() - began) / 1000
    const perS = (name: string): number => (counted[name] ?? 0) / seconds
    if (window === 'none') asked.push({ fetches: perS(fetches), readBacks: perS(readBacks) })
    process.stderr.write(`${JSON.stringify({ all, snapshots, slow, counted, seconds })}\n`)
    const clean = { missing: 0, repeated: 0, announced: 0, examples: [] }
    expect({ missing: missing.flat(), findings: [all, snapshots, slow].map(({ findings }) => findings) }).toEqual({
      missing: [],
      findings: [clean, clean, clean],
    })
    // Each has lost its gate, and has come back without a loss.
    for (const { recovered } of [all, slow]) expect(Object.keys(recovered).toSorted()).toEqual(['null', 'true'])
    expect(['null', 'true']).toEqual(expect.arrayContaining(Object.keys(snapshots.recovered)))
    expect([all.recovered['null'], slow.recovered['null']]).toEqual([clients, size.others])
    const cuts = {
      records: all.cuts.records + slow.cuts.records,
      snapshots: snapshots.cuts.snapshots,
      resumes: all.cuts.resumes + slow.cuts.resumes + snapshots.cuts.resumes,
    }
    expect(isFull ? Math.min(...Object.values(cuts)) : 1).toBeGreaterThan(0)
    const of = `${clients} clients, window ${window}`
    const mebibytes = Math.round((counted[readBytes] ?? 0) / 1024 / 1024)
    Object.assign(facts, {
      [`${of}: workers, channels`]: `${size.workers}, ${size.channels}`,
      [`${of}: kills, and second ones while clients resumed`]: `${size.kills}, ${Math.floor(size.kills / 3)}`,
      [`${of}: others that begin with a snapshot, again and again`]: size.others,
      [`${of}: others with a rate of their own`]: size.others,
      [`${of}: messages made`]: feed.made(),
      [`${of}: messages at clients`]: all.received + snapshots.received + slow.received,
      [`${of}: connections lost and resumed`]: [all, snapshots, slow].reduce(
        (sum, { recovered }) => sum + (recovered['true'] ?? 0),
        0,
      ),
      [`${of}: connections lost inside a record, a snapshot, a resume`]: `${cuts.records}, ${cuts.snapshots}, ${cuts.resumes}`,
      [`${of}: missing or doubled at a client`]: 0,
      [`${of}: snapshots`]: snapshots.snapshots,
      [`${of}: fetches from Kafka by all workers, live and read back; for each second`]: `${counted[fetches]}; ${Math.round(perS(fetches))}`,
      [`${of}: connections to Kafka by all workers over all lives`]: counted[connections] ?? 0,
      [`${of}: read-backs for all those clients, and what they read (MiB)`]: `${counted[readBacks]}, ${mebibytes}`,
    })
    evidence('gate-killed', facts)
    const [few = { fetches: 0, readBacks: 0 }, many = few] = asked
    // Five times the clients share the reading back.
    expect(many.fetches).toBeLessThanOrEqual(few.fetches * 1.5)
    expect(many.readBacks).toBeLessThanOrEqual(few.readBacks * 2)
    await Promise.all(urls.map((_, worker) => cluster.stop(worker)))
  },
)
