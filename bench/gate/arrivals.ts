import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench, Findings, Row } from '../figures.ts'
import type { ArrivalsInput, ResumeInput } from '../programs/gate-arrivals.ts'
import type { ProduceInput } from '../programs/gate-producer.ts'
import { interleave } from '../rounds.ts'
import { type Program, withPrograms } from '../start-program.ts'
import { type Server, type Variant, withServer } from './server.ts'
import { marked } from './steady.ts'

/** How often (s) every client is back. */
const everyS = 15
/** How long (ms) it is watched with clients that stay: what it uses then is none of the others'. */
const idleMs = 2000
/** What each of those who resume has missed. */
const missed = 20

/** What it costs when clients come, come back, and are not let in. */
export async function arrivals(bench: Bench, centrifugo: string): Promise<Findings> {
  const clients = Math.min(3000, bench.connections, Math.max(...bench.scale.clients))
  const others: Variant[] = centrifugo === '' ? ['ws'] : ['ws', 'centrifugo']
  const churned = await interleave(['tidegate', ...others], bench.scale.gateRounds, (variant, round) =>
    withClients(bench, { variant, centrifugo, name: `${bench.prefix}.churn-${variant}-${round}` }, (server, program) =>
      churn(bench, { server, program, variant, clients }),
    ),
  )
  const row = (what: string, unit: string, figure: 'come' | 'back' | 'p99'): Row => ({
    what: marked(what, figure === 'come' ? [] : Object.values(churned)),
    unit,
    ours: churned.tidegate?.[figure] ?? Number.NaN,
    naive: churned.ws?.[figure] ?? Number.NaN,
    limit: Number.NaN,
    centrifugo: churned.centrifugo?.[figure] ?? Number.NaN,
  })
  const words = `churn: ${clients} clients, each back every ${everyS} s`
  return {
    rows: [
      row(`${clients} clients come`, 'CPU µs a client, subscribed', 'come'),
      row(words, 'CPU µs a client that comes back', 'back'),
      row(words, 'ms until it has its subscription, p99', 'p99'),
      await refused(bench, clients),
      ...(await resumes(bench, clients)),
    ],
    notes: [
      'Churn: the clients of Tidegate resume with a position, the others subscribe anew; their connections break without a word.',
    ],
  }
}

interface Place {
  readonly server: Server
  readonly program: Program
  readonly clients: number
}

const withClients = <T>(
  bench: Bench,
  options: Parameters<typeof withServer>[1],
  use: (server: Server, program: Program, producer: Program) => Promise<T>,
): Promise<T> =>
  withServer(bench, options, (server) =>
    withPrograms(
      [
        ['gate-arrivals', { core: 1 }],
        ['gate-producer', {}],
      ],
      (program, producer) => use(server, program, producer),
    ),
  )

/** What the server used (CPU µs) for each of what is done meanwhile. */
async function each(server: Server, count: number, work: () => Promise<unknown>): Promise<number> {
  const before = await server.cpu()
  await work()
  return ((await server.cpu()) - before) / count
}

async function churn(bench: Bench, { server, program, variant, clients }: Place & { readonly variant: Variant }) {
  const { dialect, port } = server
  const input: ArrivalsInput = { dialect, port, clients }
  const first = Math.min(100, Math.floor(clients / 2))
  await program.call('connect', { ...input, clients: first })
  const rest = clients - first
  const come = await each(server, rest, () => program.call('connect', { ...input, clients: rest }))
  const idle = await each(server, idleMs, () => sleep(idleMs))
  const [before, began] = [await server.cpu(), performance.now()]
  const seconds = bench.scale.gateSeconds
  const { returned, p99, busy } = await program.call<{ returned: number; p99: number; busy: number }>('churn', {
    ...input,
    seconds,
    everyS,
  })
  const back = ((await server.cpu()) - before - idle * (performance.now() - began)) / returned
  bench.progress(
    `churn, ${variant}: ${come.toFixed(0)} µs a client that comes, ${back.toFixed(0)} µs back, p99 ${p99} ms`,
  )
  return { come, back, p99, busy }
}

/** Those that are told at the door to come back later. */
async function refused(bench: Bench, clients: number): Promise<Row> {
  const figures = await interleave(['tidegate'], bench.scale.gateRounds, (variant, round) =>
    withClients(
      bench,
      {
        variant,
        centrifugo: '',
        name: `${bench.prefix}.refused-${round}`,
        worker: { 'gateway.limits.connectionsPerS': 1, 'gateway.limits.connectionBurst': 1 },
      },
      async ({ port, dialect, ...server }, program) => {
        const knock = (count: number) => program.call('knock', { dialect, port, clients: count })
        await knock(500)
        const cpu = await each({ port, dialect, ...server }, clients, () => knock(clients))
        bench.progress(`refused handshakes: ${cpu.toFixed(0)} µs each`)
        return { cpu }
      },
    ),
  )
  return {
    what: 'a handshake that is refused (connection rate)',
    unit: 'CPU µs',
    ours: figures.tidegate.cpu,
    naive: Number.NaN,
    limit: Number.NaN,
  }
}

const depths = ['from the window', 'read back from Kafka'] as const

/** Clients that all come back with one position and get what they missed. */
async function resumes(bench: Bench, clients: number): Promise<readonly Row[]> {
  const figures = await interleave(depths, bench.scale.gateRounds, (depth, round) => {
    const isKept = depth === 'from the window'
    const name = `${bench.prefix}.resumes-${isKept ? 'window' : 'kafka'}-${round}`
    const options = {
      variant: 'tidegate',
      centrifugo: '',
      name,
      sink: isKept ? {} : { 'window.max.bytes': 0 },
    } as const
    return withClients(bench, options, (server, program, producer) =>
      resume(bench, { server, program, producer, name, clients, depth }),
    )
  })
  return depths.flatMap((depth) => {
    const { cpu, perS, busy } = figures[depth]
    const what = marked(`${clients} clients resume, ${missed} messages each, ${depth}`, [{ busy }])
    const rest = { naive: Number.NaN, limit: Number.NaN }
    return [
      { what, unit: 'CPU µs a resume', ours: cpu, ...rest },
      { what, unit: 'resumes/s', ours: perS, ...rest, higherIsBetter: true },
    ]
  })
}

interface ResumePlace extends Place {
  readonly producer: Program
  readonly name: string
  readonly depth: string
}

async function resume(bench: Bench, { server, program, producer, name, clients, depth }: ResumePlace) {
  const { dialect, port } = server
  const produce: ProduceInput = {
    kafka: bench.kafka,
    topic: name,
    asCommands: false,
    rate: missed,
    seconds: 1,
    channels: 1,
    bytes: 200,
  }
  await producer.call('produce', produce)
  await sleep(500)
  const position = await program.call<string>('position', { dialect, port, clients: 1 })
  await producer.call('produce', produce)
  await sleep(500)
  const back: ResumeInput = { port, clients, position, missed }
  await program.call('resume', { ...back, clients: 100 })
  const before = await server.cpu()
  const { ms, busy } = await program.call<{ ms: number; busy: number }>('resume', back)
  const cpu = ((await server.cpu()) - before) / clients
  const perS = (clients * 1000) / ms
  bench.progress(`resumes, ${depth}: ${cpu.toFixed(0)} µs each, ${perS.toFixed(0)}/s`)
  return { cpu, perS, busy }
}
