import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { quantile } from '../programs/latencies.ts'
import { clientPrograms } from '../support/client-programs.ts'
import { startGateCluster } from '../support/gate-cluster.ts'
import { tcpMemory, toMiB, watchFigure } from '../support/machine-figures.ts'
import { evidence, scale } from '../support/scale.ts'

const size = scale({
  small: { clients: 200, deaf: 2, processes: 1, channels: 10, runMs: 4000, recordsEach: 2 },
  full: { clients: 5000, deaf: 50, processes: 3, channels: 50, runMs: 60_000, recordsEach: 5 },
})
const isFull = scale({ small: false, full: true })

test('clients that never read take neither time from the others nor memory from the worker', {
  timeout: 60_000 + 4 * size.runMs,
}, async () => {
  const gates = await startGateCluster({
    workers: 1,
    partitions: 4,
    channels: size.channels,
    keysOfChannel: 4,
    perRecord: 5,
    everyMs: 50,
    recordsEach: size.recordsEach,
  })
  const { urls, feed, cluster } = gates
  const [clients, deaf] = [clientPrograms(size.processes), clientPrograms(1, size.clients)]
  const backoff = { initialMs: 200, maxMs: 2000 }
  await clients.start({ urls, channels: feed.channels, atOnce: 200, clients: size.clients, options: {}, backoff })
  feed.start()

  /** The others' p99, the worker's memory and that of TCP while it goes on. */
  async function run() {
    await clients.latencies()
    const resident = watchFigure(
      size.runMs / 20,
      async () => (await gates.metric(0, 'process_resident_memory_bytes')) ?? 0,
    )
    const tcp = watchFigure(size.runMs / 20, tcpMemory)
    await sleep(size.runMs)
    const latencies = await clients.latencies()
    const [memory, inTcp] = [await resident.stop(), await tcp.stop()]
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), memory, inTcp }
  }

  const quiet = await run()
  await deaf.deaf({ urls, channels: feed.channels, clients: size.deaf, againMs: size.runMs / 4 })
  const beside = await run()
  await feed.stop()
  const missing = await clients.complete(feed.last())
  const { findings, received, ends } = await clients.report()
  process.stderr.write(`${JSON.stringify({ quiet, beside, received, ends })}\n`)
  expect({ missing, findings, ends }).toEqual({
    missing: [],
    findings: { missing: 0, repeated: 0, announced: 0, examples: [] },
    ends: {},
  })
  const half = Math.floor(beside.memory.length / 2)
  const [first, second] = [beside.memory.slice(0, half), beside.memory.slice(half)]
  // Times and memory of a short run beside other work say nothing.
  expect(isFull ? Math.max(...second) : 0).toBeLessThan(Math.max(...first) * 1.2)
  expect(isFull ? beside.p99 : 0).toBeLessThanOrEqual(quiet.p99 * 1.5 + 10)
  evidence('slow-readers', {
    clients: size.clients,
    'of these more that subscribe and never read': size.deaf,
    'messages at the others, none missing or twice': received,
    'p50 and p99 (ms) without them': `${quiet.p50}, ${quiet.p99}`,
    'p50 and p99 (ms) with them': `${beside.p50}, ${beside.p99}`,
    'resident memory (MiB) of the worker without them, over the run': quiet.memory.map(toMiB).join(' '),
    'resident memory (MiB) of the worker with them, over the run': beside.memory.map(toMiB).join(' '),
    'memory (MiB) of TCP without them, over the run': quiet.inTcp.map(toMiB).join(' '),
    'memory (MiB) of TCP with them, over the run': beside.inTcp.map(toMiB).join(' '),
  })
  await cluster.stop(0)
})
