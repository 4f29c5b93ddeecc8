import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Clock, messageOf } from '#api'
import { backoffDelay } from '../util/backoff.ts'
import { StackError } from './stack-error.ts'

export interface DownloadOptions {
  readonly url: string
  /** Where the file ends up; what has come so far lies beside it as `.part`. */
  readonly target: string
  readonly sha256: string
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Called with the number of bytes that came in, negative when some have to be fetched again. */
  readonly onBytes?: (bytes: number) => void
  /** How often a broken transfer is taken up again. */
  readonly attempts?: number
  /** How long (ms) the other side may be silent. */
  readonly stallMs?: number
}

/** Fetches one file, going on where an earlier try broke off; it appears under its name only when its checksum fits. */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { url, target, sha256, clock, signal, attempts = 5 } = options
  const part = `${target}.part`
  let failure: unknown
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await clock.sleep(backoffDelay(attempt - 1, { initialMs: 500, maxMs: 8_000, jitter: 0.5 }), signal)
    signal?.throwIfAborted()
    try {
      await transfer(options, part)
      if ((await sha256Of(part)) === sha256) return await rename(part, target)
      failure = new StackError(`The file at ${url} does not have the SHA-256 ${sha256} that is pinned for it.`)
      options.onBytes?.(-(await sizeOf(part)))
      await rm(part, { force: true })
    } catch (error) {
      if (isFinal(error)) throw error
      failure = error
    }
  }
  signal?.throwIfAborted()
  throw new StackError(`Fetching ${url} failed ${attempts} times, at last with: ${reasonOf(failure)}`, {
    cause: failure,
  })
}

async function transfer({ url, signal, onBytes, stallMs = 30_000 }: DownloadOptions, part: string): Promise<void> {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new StackError(`${url} sent nothing for ${stallMs} ms.`)), stallMs)
  try {
    const have = await sizeOf(part)
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
      headers:
        have > 0 ? { range: `bytes=${have}-`, 'accept-encoding': 'identity' } : { 'accept-encoding': 'identity' },
    })
    const resumes = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`)
    // RFC 9110 §15.5.17: all of it, or more, is here already; the checksum decides.
    if (response.status === 416 && have > 0) return await response.body?.cancel()
    if (response.status !== 200 && !resumes) {
      await response.body?.cancel()
      throw refusal(url, response.status)
    }
    if (have > 0 && !resumes) onBytes?.(-have)
    if (!response.body) throw new StackError(`${url} answered without a body.`)
    const file = await open(part, resumes ? 'a' : 'w')
    try {
      // Chunk by chunk, so that what has come before a break is on disk and need not come again.
      for await (const chunk of response.body) {
        timer.refresh()
        await file.write(chunk)
        onBytes?.(chunk.length)
      }
    } finally {
      await file.close()
    }
  } finally {
    clearTimeout(timer)
  }
}

/** `fetch failed` says nothing; the error behind it does. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause ? `${error.message}: ${messageOf(error.cause)}` : messageOf(error)

/** Refusals that another try cannot change are marked by their status. */
const refusal = (url: string, status: number): StackError =>
  new StackError(`${url} answered with status ${status}.`, { context: { status } })

function isFinal(error: unknown): boolean {
  if (error instanceof Error && error.name === 'AbortError') return true
  const status = error instanceof StackError ? error.context['status'] : undefined
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429
}

/** The SHA-256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}
