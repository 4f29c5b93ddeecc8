import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { quantile } from '../programs/latencies.ts'
import { checkSequence, noFindings } from '../programs/sequence-check.ts'
import { clientPrograms } from '../support/client-programs.ts'
import { startGateCluster } from '../support/gate-cluster.ts'
import { tcpMemory, toMiB, watchFigure } from '../support/machine-figures.ts'
import { evidence, scale } from '../support/scale.ts'
import { openSlowClient, type SlowClient } from '../support/slow-client.ts'

const size = scale({
  small: { clients: 200, deaf: 2, processes: 1, channels: 10, runMs: 4000, againMs: 1000 },
  // The gate closes who has taken nothing for about 45 s.
  full: { clients: 5000, deaf: 50, processes: 3, channels: 50, runMs: 80_000, againMs: 60_000 },
})
const isFull = scale({ small: false, full: true })
const facts: Record<string, string | number> = {}

test('clients that never read take neither time from the others nor memory from the worker', {
  timeout: 120_000 + 4 * size.runMs,
}, async () => {
  const gates = await startGateCluster({
    workers: 1,
    partitions: 4,
    channels: size.channels,
    keysOfChannel: 4,
    perRecord: 5,
    everyMs: 50,
    recordsEach: 1,
  })
  const { urls, feed, cluster } = gates
  const [clients, deaf] = [clientPrograms(size.processes), clientPrograms(1, size.clients)]
  const backoff = { initialMs: 200, maxMs: 2000 }
  await clients.start({ urls, channels: feed.channels, atOnce: 200, clients: size.clients, options: {}, backoff })
  feed.start()
  // What is compiled and allocated at the beginning is no difference between the runs.
  await sleep(size.runMs / 8)

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
  await deaf.deaf({ urls, channels: feed.channels, clients: size.deaf, againMs: size.againMs })
  const beside = await run()
  await feed.stop()
  const missing = await clients.complete(feed.last())
  const { findings, received, ends } = await clients.report()
  const closed = await gates.metric(0, 'tidegate_gateway_closed_slow_total')
  process.stderr.write(`${JSON.stringify({ quiet, beside, received, ends, closed })}\n`)
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
  // They had more than their sockets take.
  expect(isFull ? closed : size.deaf).toBeGreaterThanOrEqual(size.deaf)
  Object.assign(facts, {
    clients: size.clients,
    'of these more that subscribe to all channels and never read': size.deaf,
    'of these closed by the gate, over all their lives': closed ?? 0,
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

interface Numbered {
  readonly id: string
  readonly n: number
  readonly at: number
}

const dataOf = (frame: Record<string, unknown>): Numbered[] =>
  frame['type'] === 'batch'
    ? (frame['items'] as { readonly data: Numbered }[]).map(({ data }) => data)
    : [frame['data'] as Numbered]

const messagesOf = (client: SlowClient): Numbered[] =>
  client.handled.flatMap(({ frame }) => (frame.type === 'message' || frame.type === 'batch' ? dataOf(frame) : []))

/** How old (ms) each message was when it was handled: of a batch, the newest. */
const agesOf = ({ handled }: SlowClient): number[] =>
  handled.flatMap(({ frame, at }) => {
    if (frame.type !== 'message' && frame.type !== 'batch') return []
    return [performance.timeOrigin + at - Math.max(...dataOf(frame).map((data) => data.at))]
  })

const round = (ms: number): number => Math.round(ms)

// In `npm test` the same runs ten times as fast, without Kafka: test/unit/gateway/slow-client.test.ts.
test.runIf(isFull)(
  'of 25 messages a second a client that handles 10 gets fresh ones in latest and batch, and all in every and batch',
  { timeout: 300_000 },
  async () => {
    // What waits in the end is a message of each key: handling twenty of them takes this client two seconds, whatever is sent first.
    const [handleMs, feedMs, keys] = [100, 30_000, 10]
    const { urls, feed, cluster } = await startGateCluster({
      workers: 1,
      partitions: 1,
      channels: 1,
      keysOfChannel: keys,
      perRecord: 1,
      everyMs: 40,
      recordsEach: 1,
    })
    const [channel = ''] = feed.channels
    const open = (delivery: string): SlowClient =>
      openSlowClient(urls[0] ?? '', { channel, delivery, snapshot: false }, handleMs)
    const clients = { every: open('every'), latest: open('latest'), batch: open('batch') }
    const all = Object.values(clients)
    onTestFinished(async () => {
      await Promise.all(all.map((client) => client.end()))
    })
    await vi.waitFor(() => expect(all.every((client) => client.of('subscribed').length === 1)).toBe(true), 20_000)
    feed.start()
    await sleep(feedMs)
    await feed.stop()
    const last = Object.entries(feed.last()[channel] ?? {})
    const isThere = (client: SlowClient): void => {
      const newest = new Map(messagesOf(client).map(({ id, n }) => [id, n]))
      expect(last.filter(([id, n]) => newest.get(id) !== n)).toEqual([])
    }
    await vi.waitFor(() => all.forEach(isThere), { timeout: 120_000, interval: 100 })
    const told = (): number =>
      clients.latest.of('notice').reduce((sum, notice) => sum + Number(notice['count']), 0) +
      messagesOf(clients.latest).length
    await vi.waitFor(() => expect(told()).toBe(feed.made()), 20_000)
    const oldest = (client: SlowClient): number => round(Math.max(...agesOf(client)))
    const perS = round(feed.made() / (feedMs / 1000))
    process.stderr.write(
      `${JSON.stringify({ perS, ages: all.map(oldest), closed: all.map(({ closed }) => closed) })}\n`,
    )
    expect(perS).toBeGreaterThanOrEqual(24)
    expect(all.map(({ closed }) => closed)).toEqual([undefined, undefined, undefined])
    expect(Math.max(oldest(clients.latest), oldest(clients.batch))).toBeLessThanOrEqual(2000)
    for (const client of [clients.every, clients.batch]) {
      const findings = noFindings()
      const check = checkSequence('the slow client', findings)
      for (const { id, n } of messagesOf(client)) check.take(id, n)
      expect(findings).toEqual(noFindings())
    }
    // It is the slow client that it is meant to be.
    expect(oldest(clients.every)).toBeGreaterThan(2000)
    Object.assign(facts, {
      [`clients that handle 10 messages a second: messages a second to each, of ${keys} keys, for 30 s`]: perS,
      'in `every`: messages missing or twice; age (ms) of the oldest when handled': `0; ${oldest(clients.every)}`,
      'in `latest`: age (ms) of the oldest when handled': oldest(clients.latest),
      'in `latest`: messages handled, and replaced by newer ones as the client was told': `${messagesOf(clients.latest).length}, ${feed.made() - messagesOf(clients.latest).length}`,
      'in `batch`: messages missing or twice; age (ms) of the oldest batch when handled': `0; ${oldest(clients.batch)}`,
    })
    evidence('slow-readers', facts)
    await cluster.stop(0)
  },
)
