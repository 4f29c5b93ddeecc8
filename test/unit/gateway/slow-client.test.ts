import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runGate } from '../../conformance/transport.ts'
import { openSlowClient, type SlowClient } from '../../support/slow-client.ts'

/** The founding example, ten times as fast: 250 messages a second to clients that handle 100. */
const [handleMs, perTurn, turnMs] = [10, 5, 20]
const buses = 40
const text = 'x'.repeat(200)

async function feedSlowClients(inFlightBytes: number, turns: number, ...deliveries: readonly string[]) {
  const { gateway, buses: feed } = await runGate({ limits: { inFlightBytes } })
  const url = `${gateway.address.url.replace('http', 'ws')}/ws`
  const clients = deliveries.map((delivery) => openSlowClient(url, { delivery }, handleMs))
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.end()))
  })
  await vi.waitFor(() => expect(gateway.stats().subscriptions).toBe(clients.length), 15_000)
  let [n, behind] = [0, 0]
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < perTurn; i++, n++)
      feed.record([{ channel: 'bus:1', key: `bus-${n % buses}`, data: { n, at: performance.now(), text } }])
    await sleep(turnMs)
    behind = Math.max(behind, gateway.stats().catchingUp)
  }
  return { gateway, clients, count: n, behind }
}

interface Data {
  readonly n: number
  readonly at: number
}

const dataOf = (frame: Record<string, unknown>): Data[] =>
  frame['type'] === 'batch'
    ? (frame['items'] as { readonly data: Data }[]).map(({ data }) => data)
    : [frame['data'] as Data]

/** How old each message was when it was handled: of a batch, the newest. */
const ages = ({ handled }: SlowClient): number[] =>
  handled.flatMap(({ frame, at }) =>
    frame.type === 'message' || frame.type === 'batch' ? [at - (dataOf(frame).at(-1)?.at ?? 0)] : [],
  )

const quiet = async (clients: readonly SlowClient[], count: number): Promise<void> =>
  vi.waitFor(
    () => {
      for (const client of clients)
        expect(Math.max(...[...client.of('message'), ...client.of('batch')].flatMap(dataOf).map(({ n }) => n))).toBe(
          count - 1,
        )
    },
    { timeout: 25_000, interval: 20 },
  )

test('a client slower than its feed handles in latest and batch what is fresh, and is told of the rest', async () => {
  const { clients, count } = await feedSlowClients(262_144, 150, 'latest', 'batch', 'every')
  await quiet(clients, count)
  const [latest, batch, every] = clients
  if (!latest || !batch || !every) throw new Error('There are three clients.')
  for (const client of clients) expect(client.closed).toBeUndefined()
  // Beside a client that gets all of them, since a machine may be slow; the times themselves are test/proofs/slow-readers.test.ts's.
  for (const client of [latest, batch]) expect(Math.max(...ages(client))).toBeLessThan(Math.max(...ages(every)) / 2)
  await vi.waitFor(() => {
    const newest = new Map(latest.of('message').map(({ key, data }) => [key, (data as Data).n]))
    for (let bus = 0; bus < buses; bus++) expect(newest.get(`bus-${bus}`)).toBe(lastOf(bus, count))
  })
  await vi.waitFor(() => {
    const got = [...batch.of('message'), ...batch.of('batch')].flatMap(dataOf).map(({ n }) => n)
    expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n))
  })
  await vi.waitFor(() => {
    const told = latest.of('notice').reduce((sum, notice) => sum + Number(notice['count']), 0)
    expect(latest.of('message').length + told).toBe(count)
  })
}, 40_000)

const lastOf = (bus: number, count: number): number => count - 1 - ((count - 1 - bus) % buses)

test('a client slower than its feed misses nothing in every: it falls behind, and catches up when the feed pauses', async () => {
  const { gateway, clients, count, behind } = await feedSlowClients(16_384, 70, 'every')
  await quiet(clients, count)
  const [client] = clients
  expect(client?.of('message').map(({ data }) => (data as Data).n)).toEqual(Array.from({ length: count }, (_, n) => n))
  expect(behind).toBe(1)
  await vi.waitFor(() => expect(gateway.stats().catchingUp).toBe(0), 15_000)
  expect(client?.closed).toBeUndefined()
}, 30_000)
