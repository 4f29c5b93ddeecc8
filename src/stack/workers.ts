import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#api'
import { withFileLock } from './file-lock.ts'
import { findServer } from './pid-file.ts'
import { keyFile, planWorker, positionKey, probeWorker, type WorkerPlanOptions, workerIdentity } from './plan-worker.ts'
import { choosePort } from './ports.ts'
import { createServer, pidFileOf, type Server, type ServerSettings, stopOnly } from './server.ts'
import type { ServerStatus } from './stack-status.ts'
import { startOnPort } from './start-on-port.ts'

/** Workers of one cluster beside a stack, each a process of its own that outlives this one. */
export interface WorkersOptions extends WorkerPlanOptions {
  readonly count: number
  readonly clock: Clock
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

export interface WorkerStatus extends ServerStatus {
  /** `worker-1`. */
  readonly name: string
  /** Its gateway's URL. */
  readonly gateway?: string
}

/** Ports of the first worker; the others follow. */
const defaultWorkerPorts = { rest: 8083, gateway: 8180 } as const

const settingsOf = (clock: Clock): ServerSettings => ({
  clock,
  lifetime: 'alone',
  startTimeoutMs: 60_000,
  // It flushes, commits and leaves the group first.
  stopTimeoutMs: 30_000,
})

/** Starts those that do not run yet, side by side. When one cannot be started, those that were are stopped again. */
export async function startWorkers(options: WorkersOptions): Promise<readonly WorkerStatus[]> {
  const { dir, count, progress, clock, signal } = options
  const onWait = (holder: string): void => progress(`Another process (${holder}) starts these workers; waiting.`)
  return withFileLock(join(dir, 'workers.lock'), { ...options, onWait }, async () => {
    await mkdir(dir, { recursive: true })
    const key = await positionKey(dir)
    const started: Server[] = []
    const startOne = async (index: number): Promise<void> => {
      const name = `worker-${index + 1}`
      const found = await findServer(pidFileOf(dir, name), markerOf(dir, name))
      if (found) return progress(`Using ${name} that runs on port ${found.port}.`)
      const fallback = defaultWorkerPorts.gateway + index
      const gateway = await choosePort({ wanted: undefined, fallback, label: `the gateway of ${name}`, progress })
      const server = createServer(planWorker(options, name, gateway, key), settingsOf(clock))
      const choice = { wanted: undefined, fallback: defaultWorkerPorts.rest + index, label: name, progress }
      await startOnPort(server, choice, signal)
      started.push(server)
    }
    const results = await Promise.allSettled(Array.from({ length: count }, (_, index) => startOne(index)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) {
      await Promise.allSettled(started.map((server) => server.stop()))
      throw failed.reason
    }
    return workersStatus(dir)
  })
}

/** What runs in this state folder, asked and not only read. */
export async function workersStatus(dir: string): Promise<readonly WorkerStatus[]> {
  const records = await Promise.all(
    (await namesIn(dir)).map(async (name) => ({
      name,
      found: await findServer(pidFileOf(dir, name), markerOf(dir, name)),
    })),
  )
  return Promise.all(
    records.flatMap(({ name, found }) => {
      if (!found) return []
      const { pid, port } = found
      const status = async (): Promise<WorkerStatus> => {
        const [, gateway] = /^gateway\.port=(\d+)$/m.exec(await readFile(markerOf(dir, name), 'utf8')) ?? []
        const state = (await probeWorker(port)) ? 'running' : 'starting'
        const at = `http://127.0.0.1:${port}`
        return { name, state, address: at, pid, ...(gateway && { gateway: `http://127.0.0.1:${gateway}` }) }
      }
      return [status()]
    }),
  )
}

/** Ends the workers of this state folder, SIGTERM first; answers whether any ran. */
export async function stopWorkers(
  dir: string,
  { clock, progress, wipe }: Pick<WorkersOptions, 'clock' | 'progress'> & { readonly wipe: boolean },
): Promise<boolean> {
  const names = await namesIn(dir)
  const stopOne = async (name: string): Promise<boolean> => {
    const found = await findServer(pidFileOf(dir, name), markerOf(dir, name))
    if (!found) return false
    await createServer({ ...workerIdentity(dir, name), ...stopOnly }, settingsOf(clock)).stop()
    progress(`${name} (process ${found.pid}) has stopped.`)
    return true
  }
  const stopped = await Promise.all(names.map(stopOne))
  // The topics that positions point into are gone with it.
  if (wipe) await rm(keyFile(dir), { force: true })
  return stopped.includes(true)
}

const markerOf = (dir: string, name: string): string => workerIdentity(dir, name).marker

async function namesIn(dir: string): Promise<readonly string[]> {
  const files = await readdir(dir).catch(() => [])
  const numbers = files.flatMap((name) => /^worker-(\d+)\.json$/.exec(name)?.[1] ?? [])
  return numbers
    .map(Number)
    .toSorted((a, b) => a - b)
    .map((number) => `worker-${number}`)
}
