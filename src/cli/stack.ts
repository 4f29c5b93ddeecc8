import { existsSync } from 'node:fs'
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
  stopStack,
} from '../stack/index.ts'
import { systemClock } from '../util/clock.ts'

interface UpFlags {
  readonly kafkaPort?: number
  readonly registryPort?: number
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

async function up({ kafkaPort, registryPort, json }: UpFlags): Promise<void> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort(new Error('Interrupted.'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const base = localStackOptions(process.cwd())
    const options = { ...base, kafkaPort, registryPort, detached: true, signal: interrupted.signal }
    const { bootstrapServers, registryUrl } = await startStack(options)
    const lines = [`Kafka     ${bootstrapServers}`, `Registry  ${registryUrl}`]
    process.stdout.write(`${json ? JSON.stringify({ bootstrapServers, registryUrl }) : lines.join('\n')}\n`)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

async function down({ wipe = false }: { readonly wipe?: boolean }): Promise<void> {
  const stopped = await stopStack(stackDir(process.cwd()), { clock: systemClock, progress, wipe })
  if (!stopped) progress('Nothing of this checkout runs.')
}

async function status({ json }: { readonly json?: boolean }): Promise<void> {
  const found = await stackStatus(stackDir(process.cwd()))
  const lines = [`Kafka     ${describe(found.kafka)}`, `Registry  ${describe(found.registry)}`]
  process.stdout.write(`${json ? JSON.stringify(found) : lines.join('\n')}\n`)
  if (found.kafka.state !== 'running' || found.registry.state !== 'running') process.exitCode = 1
}

const describe = ({ state, address, pid }: ServerStatus): string =>
  [state.padEnd(8), address, pid && `process ${pid}`].filter(Boolean).join('  ')

const stackDir = (checkout: string): string => resolve(checkout, '.tidegate', 'stack')

const progress = (line: string): void => void process.stderr.write(`${line}\n`)

function toPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}
