import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/stack/index.ts'
import { centrifugoConfig, findCentrifugo } from '../centrifugo.ts'
import type { Bench, Findings, Row } from '../figures.ts'
import { cpuUs, kill } from '../proc.ts'
import type { ProduceInput } from '../programs/gate-producer.ts'
import type { ConnectInput, Dialect } from '../programs/gate-subscribers.ts'
import { interleave } from '../rounds.ts'
import { withPrograms } from '../start-program.ts'
import { makeTopic } from '../topics.ts'
import { firstAnswer } from '../waiting.ts'

type Variant = 'tidegate' | 'framed' | 'ws' | 'centrifugo'

interface Scene {
  readonly what: string
  readonly clients: number
  readonly channels: number
  /** Messages a second, over all channels. */
  readonly rate: number
  readonly bytes: number
  /** Each client has a channel at random. */
  readonly atRandom?: boolean
}

const oneChannel = (clients: number, rate: number): Scene => ({
  what: `one channel, ${clients} clients × ${rate}/s`,
  clients,
  channels: 1,
  rate,
  bytes: 200,
})

const scenes: readonly Scene[] = [
  oneChannel(100, 200),
  oneChannel(1000, 20),
  oneChannel(1000, 200),
  oneChannel(5000, 20),
  { what: '1000 channels × 1/s, 5 clients each', clients: 5000, channels: 1000, rate: 1000, bytes: 200 },
  {
    what: '10000 channels × 1/s × 512 B, 5000 clients at random',
    clients: 5000,
    channels: 10_000,
    rate: 10_000,
    bytes: 512,
    atRandom: true,
  },
]

const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** From a topic to clients at a steady pace: CPU of the server for each message that a client gets, and how old it is then. */
export async function gate(bench: Bench): Promise<Findings> {
  const found = await findCentrifugo(bench.progress)
  const centrifugo = typeof found === 'string' ? found : ''
  const notes = [
    'Gate: JSON records of Kafka at a steady pace; a worker beside a loop that frames once, a tutorial’s server (both one channel only) and Centrifugo, which gets the same JSON in its own commands from a topic of its own. CPU of all processes of the server. The age of a message is from before its send to Kafka until the client has it.',
  ]
  if (typeof found !== 'string') notes.push(`Centrifugo: not run, since ${found.why}.`)
  const rows: Row[] = []
  for (const scene of scenes.filter(({ clients }) => clients <= Math.max(...bench.scale.clients))) {
    if (scene.clients > bench.connections) {
      notes.push(`Gate: not run with ${scene.clients} clients, because of the descriptor limit (\`ulimit -n\`).`)
      continue
    }
    const variants: Variant[] = scene.channels === 1 ? ['tidegate', 'framed', 'ws'] : ['tidegate']
    if (centrifugo !== '') variants.push('centrifugo')
    const figures: Partial<Record<Variant, Figures>> = await interleave(
      variants,
      bench.scale.rounds,
      (variant, round) =>
        measure(
          bench,
          { variant, scene, name: `${bench.prefix}.gate-${scenes.indexOf(scene)}-${variant}-${round}` },
          centrifugo,
        ),
    )
    const busy = Math.max(...Object.values(figures).map((each) => each.busy))
    if (busy > 0.9)
      notes.push(`Gate: ${scene.what}: the load client was ${busy.toFixed(2)} busy, so these rows do not count.`)
    for (const [figure, unit] of [
      ['cpu', 'CPU µs a delivery'],
      ['p50', 'ms, p50'],
      ['p99', 'ms, p99'],
    ] as const) {
      const of = (variant: Variant): number => figures[variant]?.[figure] ?? Number.NaN
      rows.push({
        what: scene.what,
        unit,
        ours: of('tidegate'),
        naive: of('ws'),
        limit: of('framed'),
        centrifugo: of('centrifugo'),
      })
    }
  }
  return { rows, notes }
}

interface Figures extends Readonly<Record<string, number>> {
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly busy: number
}

interface Round {
  readonly variant: Variant
  readonly scene: Scene
  readonly name: string
}

async function measure(bench: Bench, round: Round, centrifugo: string): Promise<Figures> {
  const { variant, scene, name } = round
  const { clients, channels, rate, bytes, atRandom = false } = scene
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  await makeTopic(bench.kafka, name)
  const port = await freePort()
  const child = await startServer(bench, { ...round, dir, port, centrifugo })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  try {
    return await withPrograms(
      [
        ['gate-subscribers', { core: 1 }],
        ['gate-producer', {}],
      ],
      async (subscribers, producer) => {
        const dialect: Dialect = variant === 'tidegate' || variant === 'centrifugo' ? variant : 'plain'
        const connect: ConnectInput = { dialect, port, clients, channels, atRandom, seed: bench.seed }
        await subscribers.call('connect', connect)
        const produce: ProduceInput = {
          kafka: bench.kafka,
          topic: name,
          asCommands: variant === 'centrifugo',
          rate,
          seconds: 2,
          channels,
          bytes,
        }
        await producer.call('produce', produce)
        await sleep(500)
        await subscribers.call('begin')
        const pid = child.pid ?? -1
        const before = await cpuUs(pid)
        const { perChannel } = await producer.call<{ perChannel: readonly number[] }>('produce', {
          ...produce,
          seconds: bench.scale.gateSeconds,
        })
        const expected = (await subscribers.call<[number, number][]>('subscribers')).reduce(
          (sum, [place, count]) => sum + count * (perChannel[place] ?? 0),
          0,
        )
        const told = await arrived(() => subscribers.call<Told>('figures'), expected)
        const cpu = ((await cpuUs(pid)) - before) / told.messages
        bench.progress(
          `gate, ${scene.what}, ${variant}: ${cpu.toFixed(2)} µs, p50 ${told.p50} ms, p99 ${told.p99} ms, load client ${told.busy.toFixed(2)} busy`,
        )
        return { cpu, p50: told.p50, p99: told.p99, busy: told.busy }
      },
    )
  } finally {
    await kill(child, 'SIGTERM')
    process.off('exit', endWithUs)
    await rm(dir, { recursive: true, force: true })
  }
}

interface Told {
  readonly messages: number
  readonly busy: number
  readonly p50: number
  readonly p99: number
}

async function arrived(ask: () => Promise<Told>, expected: number): Promise<Told> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const told = await ask()
    if (told.messages === expected) return told
    if (told.messages > expected || performance.now() > deadline)
      throw new Error(`The clients got ${told.messages} messages instead of ${expected}.`)
    await sleep(50)
  }
}

interface ServerPlace extends Round {
  readonly dir: string
  readonly port: number
  readonly centrifugo: string
}

async function startServer(bench: Bench, place: ServerPlace): Promise<ChildProcess> {
  const { port } = place
  const [command, args, health] = await commandOf(bench, place)
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  try {
    await firstAnswer(`http://127.0.0.1:${port}${health}`, AbortSignal.timeout(60_000))
  } catch (error) {
    await kill(child)
    throw error
  }
  // Groups of consumers settle.
  await sleep(place.variant === 'tidegate' ? 0 : 4000)
  return child
}

async function commandOf(
  bench: Bench,
  { variant, scene, name, dir, port, centrifugo }: ServerPlace,
): Promise<[string, readonly string[], string]> {
  if (variant === 'centrifugo') {
    const file = join(dir, 'centrifugo.json')
    await writeFile(file, JSON.stringify(centrifugoConfig({ port, kafka: bench.kafka, topic: name })))
    return [centrifugo, ['--config', file], '/health']
  }
  if (variant !== 'tidegate')
    return [process.execPath, [dist(`bench/programs/gate-${variant}.js`), String(port), bench.kafka, name], '/']
  const worker = {
    'bootstrap.servers': bench.kafka,
    'key.converter': 'StringConverter',
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    'offset.storage.file.filename': join(dir, 'connect.offsets'),
    'gateway.port': port,
    'rest.port': await freePort(),
    'gateway.namespaces': { bench: { subscribe: 'anonymous' } },
    // The clients of the bench do not answer.
    'gateway.limits.pingIntervalMs': 600_000,
    'log.level': 'warn',
  }
  const sink = {
    name,
    'connector.class': 'WebSocketServerSink',
    topics: name,
    channel: scene.channels === 1 ? 'bench' : 'bench:#{value.id}',
    'message.key': 'value.id',
  }
  const files = [join(dir, 'worker.json'), join(dir, 'sink.json')]
  await Promise.all([worker, sink].map((content, i) => writeFile(files[i] ?? '', JSON.stringify(content))))
  return [process.execPath, [dist('src/cli/main.js'), 'worker', ...files], '/health']
}
