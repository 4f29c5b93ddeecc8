import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { packageRoot } from '../../src/cli/package-info.ts'
import { eventually } from './eventually.ts'

export type Declaration = Readonly<Record<string, string>> & {
  readonly name: string
  readonly 'connector.class': string
}

export interface WorkerProcess {
  readonly child: ChildProcess
  readonly restUrl: string
  readonly gatewayUrl: string
  /** `ws://…/ws`. */
  readonly socketUrl: string
  readonly log: readonly LogLine[]
  /** All that it wrote to stderr. */
  readonly lines: readonly string[]
  /** Resolves when clients are let in. */
  ready(): Promise<void>
  /** SIGTERM, unless told otherwise; resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

export interface WorkerHome {
  readonly dir: string
  /** Starts a worker on this home’s offsets, key and declarations; on the same ports when it ran before. */
  start(declarations: readonly Declaration[], settings?: object): Promise<WorkerProcess>
}

/**
 * A folder with a worker's configuration and offsets; it and every worker started from it are gone when the test ends, or
 * when `clean` calls back: a hook has no test to wait for.
 */
export async function workerHome(
  bootstrapServers: string,
  defaults: object = {},
  clean: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<WorkerHome> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-worker-'))
  const running = new Set<WorkerProcess>()
  const ports = { gateway: 0, rest: 0 }
  clean(async () => {
    await Promise.all([...running].map((worker) => worker.end('SIGKILL')))
    await rm(dir, { recursive: true, force: true, maxRetries: 3 })
  })
  return {
    dir,
    async start(declarations, settings = {}) {
      const config = {
        'bootstrap.servers': bootstrapServers,
        'key.converter': 'StringConverter',
        'value.converter': 'JsonConverter',
        'value.converter.schemas.enable': 'false',
        'offset.storage.file.filename': join(dir, 'connect.offsets'),
        'offset.flush.interval.ms': '200',
        'gateway.port': ports.gateway,
        'rest.port': ports.rest,
        'gateway.namespaces': openNamespaces,
        ...defaults,
        ...settings,
      }
      const file = join(dir, 'worker.json')
      await writeFile(file, JSON.stringify(config))
      const files = await Promise.all(declarations.map((each) => declare(dir, each)))
      const worker = await spawnWorker([file, ...(files.length > 0 ? files : [await emptyDeclaration(dir)])])
      running.add(worker)
      ports.gateway = Number(new URL(worker.gatewayUrl).port)
      ports.rest = Number(new URL(worker.restUrl).port)
      return worker
    },
  }
}

/** Everybody may do everything in these. */
const openNamespaces = Object.fromEntries(
  ['item', 'all', 'in'].map((name) => [name, { subscribe: 'anonymous', publish: 'anonymous' }]),
)

async function declare(dir: string, declaration: Declaration): Promise<string> {
  const file = join(dir, `${declaration.name}.json`)
  await writeFile(file, JSON.stringify(declaration))
  return file
}

/** A worker without a named file starts those of `connectors/`: a test that wants none names a stopped one. */
async function emptyDeclaration(dir: string): Promise<string> {
  const file = join(dir, 'none.json')
  const config = { 'connector.class': 'WebSocketClientSource', uri: 'ws://127.0.0.1:9', topic: 'none' }
  await writeFile(file, JSON.stringify({ name: 'none', config, initial_state: 'STOPPED' }))
  return file
}

/** `tidegate worker ARGS…` as built, when it has started; the caller ends it. Rejects with what it printed when it ends before. */
export async function spawnWorker(
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<WorkerProcess> {
  const main = join(packageRoot, 'dist/src/cli/main.js')
  const child = spawn(process.execPath, [main, 'worker', ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const log: LogLine[] = []
  const text: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    text.push(line)
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine)
  })
  const exited = once(child, 'exit')
  const started = await eventually(
    () => {
      if (child.exitCode !== null) return { failed: true as const }
      return log.find(({ msg }) => msg === 'worker started')
    },
    { timeoutMs: 30_000, what: 'the start of the worker' },
  )
  if ('failed' in started) throw new Error(`The worker did not start:\n${text.join('\n')}`)
  const restUrl = String(started['rest'])
  const gatewayUrl = String(started['gateway'])
  return {
    child,
    restUrl,
    gatewayUrl,
    socketUrl: `${gatewayUrl.replace('http', 'ws')}/ws`,
    log,
    lines: text,
    async ready() {
      await eventually(async () => (await fetch(`${gatewayUrl}/health`)).ok, {
        timeoutMs: 30_000,
        what: 'a ready gate',
      })
    },
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}
