import cluster, { type Worker as Child } from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type Clock, ConnectError, type Logger } from '#api'
import type { Gateway, GatewaySettings, WorkerEnd } from '../gateway/index.ts'
import { backoffDelay } from '../util/backoff.ts'
import { within } from '../util/within.ts'
import { createGateFigures } from './gate-figures.ts'
import type { GateProcessOrder, GateProcessReport } from './gate-process.ts'
import { packageRoot } from './package-info.ts'

export interface GateProcessesOptions {
  readonly count: number
  readonly order: Omit<GateProcessOrder, 'name'>
  readonly workerEnd: WorkerEnd
  readonly clock: Clock
  readonly log: Logger
}

/** How long (ms) a process that stayed up counts as well, so that the next end of it is its first again. */
const wellMs = 60_000
const backoff = { initialMs: 250, maxMs: 10_000, jitter: 0.5 }
/** How long (ms) a process may take to listen, and to end beyond the time it has for its clients. */
const [startMs, endMs] = [20_000, 6_000]

/**
 * Gate processes behind one port. They share one listening socket, so that a connection costs the worker nothing; each has its own event
 * loop and its own link, and one that ends is started again. Rejects when they cannot listen.
 */
export async function startGateProcesses(options: GateProcessesOptions): Promise<Gateway> {
  const { count, workerEnd, clock, log } = options
  const { settings } = options.order
  const order = { ...options.order, settings: { ...settings, port: settings.port || (await freePort(settings.host)) } }
  const life = new AbortController()
  const figures = createGateFigures(count)
  const running = new Map<number, Child>()
  let isOpen = false

  cluster.schedulingPolicy = cluster.SCHED_NONE
  const startOne = (place: number): { readonly child: Child; readonly listens: Promise<Gateway['address']> } => {
    cluster.setupPrimary({
      exec: join(packageRoot, 'dist', 'src', 'cli', 'gate-process.js'),
      args: [],
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      serialization: 'advanced',
    })
    const child = cluster.fork(nothingOf(process.env))
    const listens = listening(child, clock, { ...order, name: `process ${place}` })
    running.set(place, child)
    const pipe = child.process.stdio[4] as Duplex | null
    child.on('message', (said: GateProcessReport) => {
      if (said !== 'up' && 'state' in said) figures.told(place, said.state)
    })
    // It ends by itself when its pipe is closed, and cannot be linked again; one that hangs does neither.
    if (pipe) workerEnd.link(pipe, `${workerEnd.name}/process ${place}`, { closed: () => void endUnlinked(child) })
    return { child, listens }
  }
  const endUnlinked = async (child: Child): Promise<void> => {
    if (!(await within(settings.limits.drainMs + endMs, ended(child), clock))) child.process.kill('SIGKILL')
  }
  const keep = async (place: number, first: Child): Promise<void> => {
    let child = first
    for (let attempt = 0; ; ) {
      const since = clock.now()
      const [code, signal] = (await ended(child)) as [number | null, string | null]
      figures.gone(place)
      running.delete(place)
      if (life.signal.aborted) return
      if (clock.now() - since > wellMs) attempt = 0
      const waitMs = backoffDelay(attempt++, backoff)
      log.error({ process: place, code, signal, waitMs }, 'a gate process ended, and is started again')
      await clock.sleep(waitMs, life.signal)
      if (life.signal.aborted) return
      const next = startOne(place)
      next.listens.catch((error: unknown) => log.error({ process: place, err: error }, 'a gate process cannot listen'))
      child = next.child
    }
  }

  const begun = Array.from({ length: count }, (_, place) => ({ place, ...startOne(place) }))
  const kept: Promise<void>[] = begun.map(({ place, child }) => keep(place, child))
  const endAll = async (): Promise<void> => {
    life.abort()
    for (const child of running.values()) if (child.isConnected()) child.send('stop')
    if (!(await within(settings.limits.drainMs + endMs, Promise.all(kept), clock)))
      for (const child of running.values()) child.process.kill('SIGKILL')
    await Promise.all(kept)
  }
  let addresses: readonly Gateway['address'][]
  try {
    addresses = await Promise.all(begun.map(({ listens }) => listens))
  } catch (error) {
    await endAll()
    throw error
  }
  const [address] = addresses
  if (!address) throw new ConnectError('No gate process was started.')
  log.info({ url: address.url, processes: count }, 'gate processes listen')
  let stopped: Promise<void> | undefined

  return {
    port: workerEnd.port,
    address,
    ready: () => workerEnd.started(),
    isReady() {
      isOpen ||= figures.areAllReady()
      return isOpen && figures.isAnyReady() && !life.signal.aborted
    },
    stats: () => figures.sum(),
    stop: () => (stopped ??= endAll()),
  }
}

/** Gives the process its order. Where it listens; rejects when it says that it cannot, or ends before. */
async function listening(child: Child, clock: Clock, order: GateProcessOrder): Promise<Gateway['address']> {
  const life = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (said: GateProcessReport) => {
        if (said === 'up') child.send(order)
        else if ('listens' in said) resolve(said.listens)
        else if ('failed' in said) reject(new ConnectError(said.failed))
      })
      child.once('exit', () => reject(new ConnectError('A gate process ended before it listened.')))
      clock
        .sleep(startMs, life.signal)
        .then(() => reject(new ConnectError(`A gate process did not listen within ${startMs} ms.`)), reject)
    })
  } finally {
    life.abort()
  }
}

const ended = (child: Child): Promise<unknown[]> =>
  child.isDead() ? Promise.resolve([child.process.exitCode, child.process.signalCode]) : once(child, 'exit')

/** A port for the processes to share: each of them asks for it by its number. */
async function freePort(host: string): Promise<number> {
  const server = createServer()
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Takes everything out of an environment that is handed on whole otherwise. */
const nothingOf = (env: NodeJS.ProcessEnv): Record<string, undefined> =>
  Object.fromEntries(Object.keys(env).map((name) => [name, undefined]))

/** What all processes but the number of sessions are to share. */
export const settingsOfOne = (settings: GatewaySettings, count: number): GatewaySettings => ({
  ...settings,
  limits: { ...settings.limits, sessions: Math.ceil(settings.limits.sessions / count) },
})
