import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#api'
import { findServer, type ServerRecord, writePidFile } from './pid-file.ts'
import { identifyProcess } from './process-identity.ts'
import { type SpawnedServer, spawnServer } from './spawn-server.ts'
import { StackError } from './stack-error.ts'

/** One of the servers of a stack: how it is prepared, run and asked. */
export interface ServerPlan {
  /** Names the pid file and the log in `dir`. */
  readonly name: string
  /** For messages: `Kafka`. */
  readonly label: string
  readonly dir: string
  /** What of its command line tells it from others; by default `markerOf`. */
  readonly marker?: string
  /** Makes what the command needs, such as a formatted log folder. */
  readonly prepare: (port: number) => Promise<void>
  /** The whole command line; the marker has to be part of it. */
  readonly command: (port: number) => readonly [string, ...string[]]
  readonly answers: (port: number) => Promise<boolean>
}

export interface ServerSettings {
  readonly clock: Clock
  readonly lifetime: 'alone' | 'with-us'
  readonly scratch?: string | undefined
  /** How long (ms) a start may take. */
  readonly startTimeoutMs: number
  /** How long (ms) a stop may take before the server is killed. */
  readonly stopTimeoutMs: number
}

/** A server of this checkout. `start` and `stop` do nothing when it is so already. */
export interface Server {
  find(): Promise<ServerRecord | undefined>
  /** Waits until it answers; a server that does not in time is killed, and the error holds the end of its log. */
  start(port: number, signal?: AbortSignal): Promise<void>
  /** SIGTERM, then SIGKILL after the deadline. */
  stop(): Promise<void>
  /** Sends a signal; waits for the end where the signal means one. */
  kill(signal: NodeJS.Signals): Promise<void>
}

const pollMs = 25

/** On the command line of every process of a stack, so that a pid file is never believed about somebody else's process. */
export const markerOf = (dir: string, name: string): string => `-Dtidegate.stack=${join(dir, name)}`

export const pidFileOf = (dir: string, name: string): string => join(dir, `${name}.json`)

export function createServer(plan: ServerPlan, settings: ServerSettings): Server {
  const { dir, name, label, marker = markerOf(dir, name) } = plan
  const { clock } = settings
  const pidFile = pidFileOf(dir, name)
  const logFile = join(dir, `${name}.log`)
  let child: SpawnedServer | undefined

  const find = (): Promise<ServerRecord | undefined> => findServer(pidFile, marker)

  async function isRunning(record: ServerRecord): Promise<boolean> {
    // Our own child has ended when we have heard so, and its watchdog with it.
    if (child?.pid === record.pid) return !child.hasExited()
    return (await identifyProcess(record.pid))?.startTime === record.startTime
  }

  async function waitForEnd(record: ServerRecord, timeoutMs: number): Promise<boolean> {
    const deadline = clock.now() + timeoutMs
    while (await isRunning(record)) {
      if (clock.now() > deadline) return false
      await clock.sleep(pollMs)
    }
    await rm(pidFile, { force: true })
    return true
  }

  async function endBy(record: ServerRecord, signal: NodeJS.Signals): Promise<void> {
    send(record.pid, signal)
    if (await waitForEnd(record, settings.stopTimeoutMs)) return
    send(record.pid, 'SIGKILL')
    if (await waitForEnd(record, settings.stopTimeoutMs)) return
    throw new StackError(`${label} (process ${record.pid}) does not end, not even by SIGKILL.`)
  }

  async function launch(port: number): Promise<ServerRecord> {
    await plan.prepare(port)
    await rename(logFile, `${logFile}.1`).catch(() => undefined)
    const [command, ...args] = plan.command(port)
    const { lifetime, scratch } = settings
    child = await spawnServer({ command, args, logFile, lifetime, scratch })
    const identity = await identifyProcess(child.pid)
    if (!identity) throw await failure('ended at once')
    const owner = lifetime === 'with-us' ? { owner: process.pid } : {}
    const record: ServerRecord = { pid: identity.pid, startTime: identity.startTime, port, ...owner }
    await writePidFile(pidFile, record)
    return record
  }

  const failure = async (what: string): Promise<StackError> =>
    new StackError(`${label} ${what}. The end of ${logFile}:\n${await tailOf(logFile)}`)

  return {
    find,
    async start(port, signal) {
      if (await find()) return
      const record = await launch(port)
      const deadline = clock.now() + settings.startTimeoutMs
      try {
        for (;;) {
          const answers = await plan.answers(port)
          signal?.throwIfAborted()
          // Asked last: the answer may have come from a stranger who took the port a moment before ours.
          if (!(await isRunning(record))) throw await failure('ended before it was ready')
          if (answers) return
          if (clock.now() > deadline) throw await failure(`did not answer within ${settings.startTimeoutMs} ms`)
          await clock.sleep(pollMs, signal)
        }
      } catch (error) {
        await endBy(record, 'SIGKILL')
        throw error
      }
    },
    async stop() {
      const record = await find()
      if (record) await endBy(record, 'SIGTERM')
    },
    async kill(signal) {
      const record = await find()
      if (!record) return
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') send(record.pid, signal)
      else await endBy(record, signal)
    },
  }
}

/** A server that is only stopped needs neither files nor Java. */
export const stopOnly = {
  prepare: async () => undefined,
  command: (): readonly [string] => {
    throw new StackError('This handle only stops.')
  },
  answers: async () => false,
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Between the look and the signal it may have ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function tailOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '(no log)')
  return text.trimEnd().split('\n').slice(-15).join('\n')
}
