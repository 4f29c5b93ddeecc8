import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Clock } from '#api'
import { identifyProcess } from './process-identity.ts'

export interface FileLockOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Called once when somebody else holds the lock; `holder` is `pid@host`. */
  readonly onWait?: (holder: string) => void
}

const pollMs = 200
const beatMs = 5_000
/** A holder on another machine, or in another container, counts as gone when its file is this old. */
const silentMs = 60_000

/** Runs `action` while no other process does under the same file; a lock whose holder is gone is taken over. */
export async function withFileLock<T>(path: string, options: FileLockOptions, action: () => Promise<T>): Promise<T> {
  const { clock, signal } = options
  const text = JSON.stringify({ pid: process.pid, host: hostname(), startTime: await ownStartTime() })
  let told = false
  while (!(await create(path, text))) {
    const held = await readFile(path, 'utf8').catch(() => undefined)
    if (held === undefined) continue
    if (await isStale(path, held, clock)) {
      await breakLock(path, held)
      continue
    }
    if (!told) options.onWait?.(describe(held))
    told = true
    await clock.sleep(pollMs, signal)
    signal?.throwIfAborted()
  }
  const done = new AbortController()
  const beating = beat(path, clock, done.signal)
  try {
    return await action()
  } finally {
    done.abort()
    await beating
    await rm(path, { force: true })
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function isStale(path: string, held: string, clock: Clock): Promise<boolean> {
  const { pid, host, startTime } = parseHolder(held)
  // A holder that has only just created the file has not written its name yet: the age decides for it as well.
  if (pid === undefined || host !== hostname()) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }))
    return clock.now() - mtimeMs > silentMs
  }
  const found = await identifyProcess(pid)
  return found === undefined || found.startTime !== startTime
}

/** Takes the file away only if it is still the stale one: between looking and acting another may have taken over. */
async function breakLock(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    // Someone else broke it first.
    return
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function beat(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(beatMs, signal)
    const now = clock.now() / 1000
    // A lock removed by hand is no reason to fail what it protects.
    if (!signal.aborted) await utimes(path, now, now).catch(() => undefined)
  }
}

const ownStartTime = async (): Promise<string | undefined> => (await identifyProcess(process.pid))?.startTime

function parseHolder(text: string): { pid?: number; host?: string; startTime?: string } {
  try {
    return JSON.parse(text) as ReturnType<typeof parseHolder>
  } catch {
    return {}
  }
}

function describe(text: string): string {
  const { pid, host } = parseHolder(text)
  return `${pid ?? '?'}@${host ?? '?'}`
}
