import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '#api'
import { governRegistry } from './govern-registry.ts'
import { choosePort } from './ports.ts'
import { registryUrlOf } from './probe-registry.ts'
import { defaultPorts, type Stack, type StackOptions } from './stack.ts'
import { StackError } from './stack-error.ts'

export interface ComposeStackOptions extends StackOptions {
  readonly composeFile: string
}

/** Present in the state folder while this checkout's stack is Docker's. */
const stateFile = (dir: string): string => join(dir, 'compose.json')

/** The same two servers as containers of docker-compose.yml, under a project name of this checkout's own. */
export async function startComposeStack(options: ComposeStackOptions): Promise<Stack> {
  const { dir, composeFile, progress, signal, detached } = options
  const envFile = join(dir, 'compose.env')
  const compose = composeOf(dir, composeFile, envFile, signal)
  const running = await publishedPorts(compose)
  const ports = running ?? {
    kafka: await choosePort({ wanted: options.kafkaPort, fallback: defaultPorts.kafka, label: 'Kafka', progress }),
    registry: await choosePort({
      wanted: options.registryPort,
      fallback: defaultPorts.registry,
      label: 'the registry',
      progress,
    }),
  }
  if (running) progress(`Using the containers that run on the ports ${ports.kafka} and ${ports.registry}.`)
  else {
    progress('Starting Kafka and the registry in Docker; the first time it fetches their images …')
    const lines = [`TIDEGATE_KAFKA_PORT=${ports.kafka}`, `TIDEGATE_REGISTRY_PORT=${ports.registry}`, '']
    await writeFile(envFile, lines.join('\n'))
    await writeFile(stateFile(dir), `${JSON.stringify({ composeFile, detached })}\n`)
    await compose('up', '-d', '--wait', 'kafka', 'registry')
  }
  let mine = !running
  const registryUrl = registryUrlOf(ports.registry)
  await governRegistry(registryUrl)
  return {
    dir,
    bootstrapServers: `127.0.0.1:${ports.kafka}`,
    registryUrl,
    kafka: {
      start: async () => void (await compose('up', '-d', '--wait', 'kafka')),
      stop: async () => void (await compose('stop', 'kafka')),
      kill: async (name) => void (await compose('kill', '--signal', name, 'kafka')),
    },
    registry: {
      start: async () => void (await compose('up', '-d', '--wait', 'registry')),
      stop: async () => void (await compose('stop', 'registry')),
    },
    async stop() {
      if (mine) await stopComposeStack(dir)
      mine = false
    },
  }
}

/** Removes this checkout's containers, and with `wipe` what they kept; false when there were none. */
export async function stopComposeStack(dir: string, wipe = false): Promise<boolean> {
  const compose = await composeOfState(dir)
  if (!compose) return false
  await compose('down', ...(wipe ? ['--volumes'] : []))
  await rm(stateFile(dir), { force: true })
  return true
}

/** The host ports of this checkout's containers, if they run. */
export async function composePorts(dir: string): Promise<{ kafka: number; registry: number } | undefined> {
  const compose = await composeOfState(dir)
  return compose && (await publishedPorts(compose))
}

type Compose = (...args: string[]) => Promise<string>

async function composeOfState(dir: string): Promise<Compose | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(stateFile(dir), 'utf8'))
    const file = typeof state === 'object' && state && 'composeFile' in state ? state.composeFile : undefined
    return typeof file === 'string' ? composeOf(dir, file, join(dir, 'compose.env')) : undefined
  } catch {
    // No state: no containers of ours.
    return undefined
  }
}

function composeOf(dir: string, file: string, envFile: string, signal?: AbortSignal): Compose {
  const project = `tidegate-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 8)}`
  return async (...args) => {
    const env = await access(envFile).then(
      () => ['--env-file', envFile],
      () => [],
    )
    const all = ['compose', '-p', project, '--project-directory', dirname(file), '-f', file, ...env, ...args]
    try {
      return (await promisify(execFile)('docker', all, signal ? { signal } : {})).stdout
    } catch (error) {
      throw new StackError(`docker compose ${args[0]} failed: ${messageOf(error)}`, { cause: error })
    }
  }
}

/** `docker compose port` prints `127.0.0.1:9092`, and fails for a container that does not run. */
async function publishedPorts(compose: Compose): Promise<{ kafka: number; registry: number } | undefined> {
  try {
    const [kafka, registry] = await Promise.all([compose('port', 'kafka', '9092'), compose('port', 'registry', '8080')])
    const ports = { kafka: portOf(kafka), registry: portOf(registry) }
    return ports.kafka > 0 && ports.registry > 0 ? ports : undefined
  } catch {
    // Not running.
    return undefined
  }
}

const portOf = (text: string): number => Number(text.trim().split(':').at(-1)) || 0
