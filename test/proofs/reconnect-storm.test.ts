import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { quantile } from '../programs/latencies.ts'
import { type ClientPrograms, clientPrograms } from '../support/client-programs.ts'
import { type GateCluster, startGateCluster } from '../support/gate-cluster.ts'
import { watchFigure } from '../support/machine-figures.ts'
import { evidence, scale } from '../support/scale.ts'

const size = scale({
  small: { clients: 200, stay: 20, processes: 1, channels: 10, quietMs: 2000, stormMs: 3000, recordsEach: 1 },
  full: { clients: 10_000, stay: 200, processes: 3, channels: 50, quietMs: 20_000, stormMs: 60_000, recordsEach: 1 },
})
const isFull = scale({ small: false, full: true })
/** The browser's library waits between tries; the founding documents' second storm is of clients that do not. */
const [patient, impatient] = [
  { initialMs: 500, maxMs: 20_000 },
  { initialMs: 0, maxMs: 0 },
]

const facts: Record<string, string | number> = {}

interface Measured {
  /** The p99 (ms) of those who stayed. */
  readonly p99: number
  /** Requests to Kafka. */
  readonly kafkaPerS: number
  /** Connections to Kafka that were opened. */
  readonly kafkaConnections: number
  /** The largest (ms). */
  readonly loopDelay: number
}

/** What the worker and those who stay feel while something is done. */
async function measure<T>(gates: GateCluster, stay: ClientPrograms, act: () => Promise<T>): Promise<[Measured, T]> {
  const ask = async (name: string): Promise<number> => (await gates.metric(0, name)) ?? 0
  const askKafka = (): Promise<[number, number]> =>
    Promise.all([ask('tidegate_kafka_requests_total'), ask('tidegate_kafka_connections_total')])
  await stay.latencies()
  const [requests, connections] = await askKafka()
  const began = performance.now()
  const loop = watchFigure(500, () => ask('nodejs_eventloop_lag_max_seconds'))
  const result = await act()
  const delays = [...(await loop.stop()), await ask('nodejs_eventloop_lag_max_seconds')]
  const seconds = (performance.now() - began) / 1000
  const [requestsNow, connectionsNow] = await askKafka()
  return [
    {
      p99: quantile(await stay.latencies(), 0.99),
      kafkaPerS: Math.round((requestsNow - requests) / seconds),
      kafkaConnections: connectionsNow - connections,
      loopDelay: Math.round(Math.max(...delays) * 1000),
    },
    result,
  ]
}

test.each([
  { way: 'all drop at once', backoff: patient },
  { way: 'all drop and retry at once for ever', backoff: impatient },
])('a storm: $way', { timeout: 120_000 + 6 * (size.quietMs + size.stormMs) }, async ({ way, backoff }) => {
  const gates = await startGateCluster({
    workers: 1,
    partitions: 4,
    channels: size.channels,
    keysOfChannel: 4,
    perRecord: 5,
    everyMs: 100,
    recordsEach: size.recordsEach,
  })
  const { urls, feed, cluster } = gates
  const [stay, storm] = [clientPrograms(1), clientPrograms(size.processes, size.stay)]
  const common = { urls, channels: feed.channels, atOnce: 200, options: {} }
  await stay.start({ ...common, clients: size.stay, backoff: patient })
  await storm.start({ ...common, clients: size.clients, backoff })
  feed.start()

  const [quiet] = await measure(gates, stay, () => sleep(size.quietMs))
  const [during, backMs] = await measure(gates, stay, async () => {
    const began = performance.now()
    await storm.drop()
    await storm.up(size.stormMs * 4)
    return performance.now() - began
  })
  const [after] = await measure(gates, stay, () => sleep(size.quietMs))
  await feed.stop()
  const missing = [...(await stay.complete(feed.last())), ...(await storm.complete(feed.last()))]
  const [steady, stormy] = [await stay.report(), await storm.report()]
  process.stderr.write(`${JSON.stringify({ way, quiet, during, after, backMs, ends: stormy.ends })}\n`)
  const none = { missing: 0, repeated: 0, announced: 0, examples: [] }
  expect({ missing, of: [steady.findings, stormy.findings] }).toEqual({ missing: [], of: [none, none] })
  expect(steady.ends).toEqual({})
  // All that was missed is in the window: nothing more is asked of Kafka.
  expect(isFull ? during.kafkaConnections : 0).toBe(0)
  expect(isFull ? during.kafkaPerS : 0).toBeLessThanOrEqual(quiet.kafkaPerS * 1.2 + 5)
  expect(stormy.recovered).toMatchObject({ null: size.clients })
  expect(Object.keys(stormy.recovered).toSorted()).toEqual(['null', 'true'])
  Object.assign(facts, {
    [`${way}: clients`]: size.clients,
    [`${way}: time (ms) until all are back`]: Math.round(backMs),
    [`${way}: connections that it took`]: Object.values(stormy.ends).reduce((a, b) => a + b, 0),
    [`${way}: largest event-loop delay (ms) before, during, after`]: [quiet, during, after]
      .map(({ loopDelay }) => loopDelay)
      .join(', '),
    [`${way}: requests to Kafka a second before, during, after`]: [quiet, during, after]
      .map(({ kafkaPerS }) => kafkaPerS)
      .join(', '),
    [`${way}: connections to Kafka that were opened before, during, after`]: [quiet, during, after]
      .map(({ kafkaConnections }) => kafkaConnections)
      .join(', '),
    [`${way}: p99 (ms) of ${size.stay} who stayed before, during, after`]: [quiet, during, after]
      .map(({ p99 }) => p99)
      .join(', '),
    [`${way}: messages missing or twice at any of them`]: 0,
  })
  evidence('reconnect-storm', facts)
  await cluster.stop(0)
})
