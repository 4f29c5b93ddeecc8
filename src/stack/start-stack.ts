import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dockerEngine, hasDockerCompose } from './docker-engine.ts'
import { fetchStack } from './fetch-stack.ts'
import { withFileLock } from './file-lock.ts'
import { findJava } from './find-java.ts'
import { governRegistry } from './govern-registry.ts'
import { findServer, type ServerRecord } from './pid-file.ts'
import { planKafka } from './plan-kafka.ts'
import { planRegistry } from './plan-registry.ts'
import type { PortChoice } from './ports.ts'
import { registryUrlOf } from './probe-registry.ts'
import { identifyProcess } from './process-identity.ts'
import { createServer, markerOf, pidFileOf, type Server, type ServerSettings } from './server.ts'
import { defaultPorts, type Stack, type StackOptions, type StackSettings } from './stack.ts'
import { StackError } from './stack-error.ts'
import { startComposeStack } from './start-compose-stack.ts'
import { startOnPort } from './start-on-port.ts'

interface JavaStackOptions extends StackOptions {
  readonly java: string
  /** An ephemeral stack's folder: nothing in it is worth an orderly end. */
  readonly scratch?: string
}

/** Kafka and the registry of this checkout: those that run already, else new ones, in Docker or on Java. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { composeFile } = options
  await mkdir(options.dir, { recursive: true })
  if (composeFile && (await chooseDocker(options))) return await startComposeStack({ ...options, composeFile })
  const java = await requireJava(options)
  const onWait = (holder: string): void => options.progress(`Another process (${holder}) starts this stack; waiting.`)
  const lock = join(options.dir, 'start.lock')
  return await withFileLock(lock, { ...options, onWait }, () => startJavaStack({ ...options, java }))
}

/** Servers that run on Java already are not doubled by Docker, which may have come later. */
async function chooseDocker({ dir, progress }: StackOptions): Promise<boolean> {
  for (const name of ['kafka', 'registry'])
    if (await findServer(pidFileOf(dir, name), markerOf(dir, name))) return false
  if (!(await dockerEngine()).version) return false
  if (await hasDockerCompose()) return true
  progress('Docker answers, but without `docker compose`; using Java instead.')
  return false
}

/** A stack of its own on free ports in a temporary folder; all of it is gone after `stop`, or when this process dies. */
export async function startEphemeralStack(settings: StackSettings): Promise<Stack> {
  const java = await requireJava(settings)
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-stack-'))
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true, maxRetries: 3 })
  try {
    const options = { ...settings, dir, kafkaPort: 0, registryPort: 0, detached: false, scratch: dir, java }
    const stack = await startJavaStack(options)
    return { ...stack, stop: () => stack.stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Brings what a later start needs, so that it needs no network; says so when Docker makes that unnecessary. Called by `scripts/setup.mjs` from the build. @public */
export async function prepareStack(settings: StackSettings): Promise<void> {
  const { version } = await dockerEngine()
  if (version && (await hasDockerCompose()))
    return settings.progress(`Docker ${version} answers; it brings Kafka and the registry itself.`)
  await requireJava(settings)
  await fetchStack(settings)
}

async function requireJava({ javaHome }: StackSettings): Promise<string> {
  const java = await findJava(javaHome)
  if (java.command !== undefined) return java.command
  const { complaint } = await dockerEngine()
  throw new StackError(
    `Kafka and the registry need Java 17 or newer, or a Docker engine, and neither was found ` +
      `(${java.found}; docker: ${complaint}): install a Java runtime such as Eclipse Temurin 17, or start Docker.`,
  )
}

async function startJavaStack(options: JavaStackOptions): Promise<Stack> {
  const { dir, java, clock, progress, scratch, signal } = options
  const settings: ServerSettings = {
    clock,
    lifetime: options.detached ? 'alone' : 'with-us',
    scratch,
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    stopTimeoutMs: 15_000,
  }
  const files = await fetchStack(options)
  const kafka = createServer(planKafka({ dir, java, classpath: files.kafkaClasspath }), settings)
  const registry = createServer(planRegistry({ dir, java, jar: files.registryJar }), settings)

  const started: Server[] = []
  const run = async (server: Server, choice: PortChoice): Promise<number> => {
    const running = await server.find()
    if (running && !(await isOrphan(running))) return reuse(running.port, running.owner, choice)
    await server.stop()
    const port = await startOnPort(server, choice, signal)
    started.push(server)
    return port
  }
  const end = (server: Server): Promise<void> => (scratch ? server.kill('SIGKILL') : server.stop())
  const stop = async (): Promise<void> => throwFirst(await Promise.allSettled(started.splice(0).map(end)))

  const starts = await Promise.allSettled([
    run(kafka, { wanted: options.kafkaPort, fallback: defaultPorts.kafka, label: 'Kafka', progress }),
    run(registry, { wanted: options.registryPort, fallback: defaultPorts.registry, label: 'the registry', progress }),
  ])
  const [kafkaStart, registryStart] = starts
  if (kafkaStart.status === 'rejected' || registryStart.status === 'rejected') {
    await stop()
    throwFirst(starts)
    throw new StackError('The stack could not be started.')
  }
  const [kafkaPort, registryPort] = [kafkaStart.value, registryStart.value]
  const registryUrl = registryUrlOf(registryPort)
  try {
    await governRegistry(registryUrl)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    dir,
    bootstrapServers: `127.0.0.1:${kafkaPort}`,
    registryUrl,
    kafka: { start: () => kafka.start(kafkaPort), stop: () => kafka.stop(), kill: (name) => kafka.kill(name) },
    registry: { start: () => registry.start(registryPort), stop: () => registry.stop() },
    stop,
  }
}

/** Its starter has just died and it is about to: nothing to build on. */
const isOrphan = async ({ owner }: ServerRecord): Promise<boolean> =>
  owner !== undefined && (await identifyProcess(owner)) === undefined

function reuse(port: number, owner: number | undefined, { wanted, label, progress }: PortChoice): number {
  if (wanted !== undefined && wanted !== 0 && wanted !== port) {
    throw new StackError(`${label} of this checkout runs on port ${port} already, not on ${wanted}: stop it first.`)
  }
  progress(`Using ${label} that runs on port ${port}${owner ? ` and ends with process ${owner}` : ''}.`)
  return port
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
