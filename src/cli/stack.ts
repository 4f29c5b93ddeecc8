import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import {
  defaultPorts,
  type ServerStatus,
  type StackOptions,
  stackEnvironment,
  stackStatus,
  startStack,
  startWorkers,
  stopStack,
  type WorkerStatus,
  workersStatus,
} from '../stack/index.ts'
import { systemClock } from '../util/clock.ts'

interface UpFlags {
  readonly kafkaPort?: number
  readonly registryPort?: number
  readonly workers?: number
  readonly workerProperties?: string
  readonly json?: boolean
}

/** The options that every command gives to `startStack`: this checkout's state, the user's cache, progress on stderr. */
export function localStackOptions(checkout: string): Omit<StackOptions, 'detached'> {
  const composeFile = join(checkout, 'docker-compose.yml')
  return {
    ...stackEnvironment(process.env, homedir()),
    dir: stackDir(checkout),
    composeFile: existsSync(composeFile) ? composeFile : undefined,
    clock: systemClock,
    progress,
  }
}

/** `tidegate stack up | status | down`: a Kafka and a registry for this checkout, on this machine. */
export function stackCommand(): Command {
  const stack = new Command('stack').description('a real Kafka and a real Schema Registry on this machine')
  stack
    .command('up')
    .description('start both, unless they run already, and leave them running')
    .option('--kafka-port <port>', `Kafka's port; 0 is any (default: ${defaultPorts.kafka}, or a free one)`, toPort)
    .option(
      '--registry-port <port>',
      `the registry's; 0 is any (default: ${defaultPorts.registry}, or a free one)`,
      toPort,
    )
    .option('--workers <count>', 'start as many workers of one cluster too', toCount)
    .option('--worker-properties <file>', 'Java properties for them, such as gateway.namespaces.*')
    .option('--json', 'print the addresses as JSON')
    .action(up)
  stack
    .command('down')
    .description('stop what `up` started')
    .option('--wipe', 'also remove the topics and the schemas')
    .action(down)
  stack
    .command('status')
    .description('show what runs; the exit code is 1 unless both answer')
    .option('--json', 'print it as JSON')
    .action(status)
  return stack
}

async function up({ kafkaPort, registryPort, workers: count = 0, workerProperties, json }: UpFlags): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort(new Error('Interrupted.'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const base = localStackOptions(process.cwd())
    const properties = workerProperties === undefined ? undefined : await readFile(workerProperties, 'utf8')
    const options = { ...base, kafkaPort, registryPort, detached: true, signal: interrupted.signal }
    const { bootstrapServers, registryUrl } = await startStack(options)
    const { dir, clock, signal } = options
    const shared = { dir, clock, signal, progress, command: thisCommand, properties }
    const workers = count === 0 ? [] : await startWorkers({ ...shared, count, bootstrapServers, registryUrl })
    const lines = [`Kafka     ${bootstrapServers}`, `Registry  ${registryUrl}`, ...workers.map(describeWorker)]
    const addresses = { bootstrapServers, registryUrl, ...(count > 0 && { workers }) }
    process.stdout.write(`${json ? JSON.stringify(addresses) : lines.join('\n')}\n`)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function down({ wipe = false }: { readonly wipe?: boolean }): Promise<void> {
  const stopped = await stopStack(stackDir(process.cwd()), { clock: systemClock, progress, wipe })
  if (!stopped) progress('Nothing of this checkout runs.')
}

async function status({ json }: { readonly json?: boolean }): Promise<void> {
  const dir = stackDir(process.cwd())
  const [found, workers] = await Promise.all([stackStatus(dir), workersStatus(dir)])
  const lines = [
    `Kafka     ${describe(found.kafka)}`,
    `Registry  ${describe(found.registry)}`,
    ...workers.map(describeWorker),
  ]
  process.stdout.write(`${json ? JSON.stringify({ ...found, workers }) : lines.join('\n')}\n`)
  if (found.kafka.state !== 'running' || found.registry.state !== 'running') process.exitCode = 1
}

const describe = ({ state, address, pid }: ServerStatus): string =>
  [state.padEnd(8), address, pid && `process ${pid}`].filter(Boolean).join('  ')

const describeWorker = (worker: WorkerStatus): string =>
  `${worker.name.padEnd(9)} ${describe(worker)}${worker.gateway ? `  gateway ${worker.gateway}` : ''}`

/** This very program with other arguments. */
const thisCommand = (args: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  ...process.execArgv,
  ...process.argv.slice(1, 2),
  ...args,
]

const stackDir = (checkout: string): string => resolve(checkout, '.tidegate', 'stack')

const progress = (line: string): void => void process.stderr.write(`${line}\n`)

function toCount(text: string): number {
  const count = Number(text)
  if (!/^\d{1,2}$/.test(text) || count < 1 || count > 16)
    throw new InvalidArgumentError('As many as 1 to 16 workers are started.')
  return count
}

function toPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}
