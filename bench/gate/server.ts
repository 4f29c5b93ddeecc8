import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/stack/index.ts'
import { centrifugoConfig } from '../centrifugo.ts'
import { type Bench, profiling } from '../figures.ts'
import type { Dialect } from '../greetings.ts'
import { cpuUs, kill, residentMiB } from '../proc.ts'
import { makeTopic } from '../topics.ts'
import { firstAnswer } from '../waiting.ts'

/** `processes`: a worker with gate processes of its own; `framed`: the limit; `ws`: a tutorial's. */
export type Variant = 'tidegate' | 'processes' | 'framed' | 'ws' | 'centrifugo'

export interface ServerOptions {
  readonly variant: Variant
  /** Of the topic that it serves, which is made for it. */
  readonly name: string
  /** Centrifugo's program. */
  readonly centrifugo: string
  /** Whether each key has a channel of its own. */
  readonly isPerKey?: boolean
  /** Further settings of the worker and of its sink. */
  readonly worker?: object
  readonly sink?: object
}

/** A server that clients are connected to, with all processes that it has. */
export interface Server {
  readonly port: number
  readonly dialect: Dialect
  /** CPU µs so far. */
  cpu(): Promise<number>
  residentMiB(): Promise<number>
}

const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** Groups of consumers settle. */
const settleMs = 4000
const processes = 2
/** How long a server may take to answer, on a machine that is busy with something else. */
const startMs = 180_000

/** Runs `use` with a server that ends with it, whatever happens. */
export async function withServer<T>(
  bench: Bench,
  options: ServerOptions,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const { variant, name } = options
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-bench-'))
  await makeTopic(bench.kafka, name)
  const port = await freePort()
  const [command, args, health] = await commandOf(bench, { ...options, dir, port })
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  try {
    await firstAnswer(`http://127.0.0.1:${port}${health}`, AbortSignal.timeout(startMs))
    const isOurs = variant === 'tidegate' || variant === 'processes'
    if (!isOurs) await sleep(settleMs)
    const pid = child.pid ?? -1
    return await use({
      port,
      dialect: isOurs ? 'tidegate' : variant === 'centrifugo' ? 'centrifugo' : 'plain',
      cpu: () => cpuUs(pid),
      residentMiB: () => residentMiB(pid),
    })
  } finally {
    await kill(child, 'SIGTERM')
    process.off('exit', endWithUs)
    await rm(dir, { recursive: true, force: true })
  }
}

interface Place extends ServerOptions {
  readonly dir: string
  readonly port: number
}

async function commandOf(bench: Bench, place: Place): Promise<[string, readonly string[], string]> {
  const { variant, name, dir, port, centrifugo } = place
  if (variant === 'centrifugo') {
    const file = join(dir, 'centrifugo.json')
    await writeFile(file, JSON.stringify(centrifugoConfig({ port, kafka: bench.kafka, topic: name })))
    return [centrifugo, ['--config', file], '/health']
  }
  if (variant === 'framed' || variant === 'ws')
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
    'gateway.processes': variant === 'processes' ? processes : 1,
    // Thousands come at once here.
    'gateway.limits.connectionsPerS': 0,
    'gateway.limits.resumesPerS': 0,
    'gateway.limits.eventLoopDelayMs': 0,
    'gateway.limits.pingIntervalMs': 600_000,
    'log.level': 'warn',
    ...place.worker,
  }
  const sink = {
    name,
    'connector.class': 'WebSocketServerSink',
    topics: name,
    channel: place.isPerKey ? 'bench:#{value.id}' : 'bench',
    'message.key': 'value.id',
    ...place.sink,
  }
  const files = [join(dir, 'worker.json'), join(dir, 'sink.json')]
  await Promise.all([worker, sink].map((content, i) => writeFile(files[i] ?? '', JSON.stringify(content))))
  return [process.execPath, [...profiling(bench), dist('src/cli/main.js'), 'worker', ...files], '/health']
}
