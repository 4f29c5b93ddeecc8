import { type Bench, type Findings, profiling, type Row } from '../figures.ts'
import { interleave } from '../rounds.ts'
import { type Program, withPrograms } from '../start-program.ts'

const variants = ['gateway', 'ws', 'framed'] as const
type Variant = (typeof variants)[number]

/** Messages on their way to one client, so that no socket's buffer fills. */
const underWay = (clients: number, burst: number): number =>
  Math.max(burst, burst * Math.floor(20_000 / clients / Math.max(1, burst / 5)))

/** One channel to many clients: CPU of the server for each message that a client gets. */
export async function fanOut(bench: Bench): Promise<Findings> {
  const rows: Row[] = []
  const notes: string[] = []
  for (const wanted of bench.scale.clients) {
    const clients = Math.min(wanted, bench.connections)
    if (clients < wanted)
      notes.push(`Fan-out: ${clients} instead of ${wanted} clients, because of the descriptor limit (\`ulimit -n\`).`)
    const figures = await interleave(variants, bench.scale.rounds, (variant) => measure(bench, variant, clients))
    for (const [burst, words] of [
      ['single', 'one message at a time'],
      ['burst', 'bursts of 10'],
    ] as const) {
      rows.push({
        what: `fan-out, ${clients} clients, ${words}`,
        unit: 'CPU µs a delivery',
        ours: figures.gateway[burst],
        naive: figures.ws[burst],
        limit: figures.framed[burst],
      })
    }
  }
  rows.push(await allocations(bench))
  return {
    rows,
    notes: [
      'Fan-out: messages of 200 bytes and their envelope; every client was seen to get every message once.',
      ...notes,
    ],
  }
}

async function measure(bench: Bench, variant: Variant, clients: number): Promise<{ single: number; burst: number }> {
  const { deliveries, burstDeliveries } = bench.scale
  const options = { execArgv: variant === 'gateway' ? profiling(bench) : [], core: 0 }
  return withPrograms(
    [
      [`fan-out-${variant}`, options],
      ['subscribers', { core: 1 }],
    ],
    async (server, subscribers) => {
      const deliver = await connected(server, subscribers, clients)
      await deliver(deliveries / 10, 1)
      const single = await cpuOf(server, () => deliver(deliveries, 1))
      await deliver(burstDeliveries / 10, 10)
      const burst = await cpuOf(server, () => deliver(burstDeliveries, 10))
      bench.progress(
        `fan-out, ${clients} clients, ${variant}: ${single.toFixed(2)} and ${burst.toFixed(2)} µs CPU a delivery`,
      )
      return { single, burst }
    },
  )
}

/** Answers what publishes so many messages that there are about `deliveries`, waits for all, and tells how many there were. */
async function connected(
  server: Program,
  subscribers: Program,
  clients: number,
): Promise<(deliveries: number, burst: number) => Promise<number>> {
  const port = await server.call<number>('listen')
  await subscribers.call('connect', { port, clients })
  await subscribers.call('stayAwake')
  let each = 0
  return async (deliveries, burst) => {
    const all = Math.max(1, Math.round(deliveries / clients / burst)) * burst
    const most = underWay(clients, burst)
    for (let left = all; left > 0; left -= most) {
      const messages = Math.min(left, most)
      await server.call('publish', { messages, burst })
      each += messages
      await subscribers.call('received', { each })
    }
    return all * clients
  }
}

/** CPU µs of the program for each of what `work` did. */
async function cpuOf(program: Program, work: () => Promise<number>): Promise<number> {
  const before = await program.cpu()
  const count = await work()
  const after = await program.cpu()
  return (after.user + after.system - before.user - before.system) / count
}

/** Bytes of the heap for each delivery, with a young generation so large that nothing is collected meanwhile. */
async function allocations(bench: Bench): Promise<Row> {
  const clients = Math.min(1000, bench.connections, Math.max(...bench.scale.clients))
  const execArgv = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']
  const figures = await interleave(variants, bench.scale.rounds, (variant) =>
    withPrograms(
      [
        [`fan-out-${variant}`, { execArgv }],
        ['subscribers', {}],
      ],
      async (server, subscribers) => {
        const deliver = await connected(server, subscribers, clients)
        await deliver(100_000, 1)
        const before = (await server.memory()).heapUsed
        const count = await deliver(20_000, 1)
        const bytes = ((await server.call<number>('heapUsed')) - before) / count
        bench.progress(`allocations, ${variant}: ${bytes.toFixed(0)} bytes a delivery`)
        return { bytes }
      },
    ),
  )
  return {
    what: `fan-out, ${clients} clients, one message at a time`,
    unit: 'heap bytes allocated a delivery',
    ours: figures.gateway.bytes,
    naive: figures.ws.bytes,
    limit: figures.framed.bytes,
  }
}
