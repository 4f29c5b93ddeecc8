import { Pool } from 'undici'
import { messageOf, RetriableError, type SinkTaskContext } from '#api'
import type { Outcome } from '../common/batch-sink.ts'
import { type Answer, readAnswer } from './answer.ts'
import { createBreaker } from './breaker.ts'
import type { WebhookOptions } from './config.ts'
import { requestHeaders } from './headers.ts'
import { hiding } from './hide.ts'
import { parseSecrets, signed } from './signature.ts'
import { tlsOf } from './tls.ts'

/** How many characters of an answer an error tells, and how many bytes are read. */
const toldCharacters = 500
const drainedBytes = 65_536

export interface WebhookRequest {
  readonly url: string
  /** The same whenever this body is sent. */
  readonly id: string
  readonly body: string
}

/** The other side: makes requests, and knows when it wants to be left alone. */
export function createEndpoint({
  config: options,
  clock,
  signal,
  report,
  log,
}: Pick<SinkTaskContext<WebhookOptions>, 'config' | 'clock' | 'signal' | 'report' | 'log'>) {
  const headers = requestHeaders(options.headers?.reveal() ?? '')
  const secrets = options['signing.secrets']
  const keys = secrets === null ? [] : parseSecrets(secrets.reveal())
  const hide = hiding(options.headers?.reveal() ?? '', secrets?.reveal() ?? '')
  const breaker = createBreaker({ failures: options['circuit.failures'], openMs: options['circuit.open.ms'], clock })
  const timeoutMs = options['request.timeout.ms']
  const longestWaitMs = options['retry.after.max.ms']
  // No record decides which host is asked.
  const pool = new Pool(new URL(options.url).origin, {
    connections: options['max.in.flight.requests'],
    connect: { ...tlsOf(options), timeout: timeoutMs },
    // The time-out of a request bounds all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const underWay = new Set<AbortController>()
  // What is under way is given up when the task is asked to stop.
  signal.addEventListener('abort', () => void stop(), { once: true })
  let stopped: Promise<void> | undefined
  /** What the endpoint asked for by `Retry-After` (ms since the epoch). */
  let notBefore = 0
  let told: string | undefined

  const stop = (): Promise<void> => {
    for (const request of underWay) request.abort(new Error('the task stops'))
    return (stopped ??= pool.destroy())
  }

  /** A clock that was set back must not keep anything waiting for longer than is allowed. */
  const leftAloneUntil = (): number => (notBefore = Math.min(notBefore, clock.now() + longestWaitMs))

  const tell = (reason?: string): void => {
    const circuit = breaker.isOpen() ? 'open' : 'closed'
    if (told === circuit) return
    told = circuit
    report({ circuit, guarantee: 'at least once', ...(reason !== undefined && { reason }) })
    if (breaker.isOpen()) log.warn({ reason }, 'nothing is sent for a while, too many requests failed in a row')
  }
  tell()

  const request = async ({ url, id, body }: WebhookRequest): Promise<Answer> => {
    const { pathname, search } = new URL(url)
    const seconds = Math.floor(clock.now() / 1000)
    const end = new AbortController()
    underWay.add(end)
    const timer = setTimeout(() => end.abort(new Error(`it did not answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      const response = await pool.request({
        path: pathname + search,
        method: options.method,
        headers: { ...headers, 'idempotency-key': id, ...signed(keys, { id, seconds, body }) },
        body,
        signal: end.signal,
      })
      const text = hide(await beginningOf(response.body)).slice(0, toldCharacters)
      const retryAfter = [response.headers['retry-after']].flat()[0]
      return readAnswer(response.statusCode, text, retryAfter, clock.now())
    } finally {
      clearTimeout(timer)
      underWay.delete(end)
    }
  }

  const failed = (cause: unknown): Outcome => {
    breaker.failed()
    tell(messageOf(cause))
    return { failed: cause }
  }

  return {
    /** Waits while the endpoint wants to be left alone; rejects with `RetriableError` when that is longer than `put.timeout.ms`. */
    async ready(): Promise<void> {
      const waitMs = Math.max(leftAloneUntil(), breaker.opensAt()) - clock.now()
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, options['put.timeout.ms']), signal)
      if (waitMs > options['put.timeout.ms'] || signal.aborted) {
        throw new RetriableError(`The endpoint is left alone for ${Math.ceil(waitMs / 1000)} s.`)
      }
    },

    /** Never rejects. */
    async send(message: WebhookRequest): Promise<Outcome> {
      if (clock.now() < leftAloneUntil() || !breaker.allows())
        return { failed: new Error('the endpoint is left alone') }
      try {
        const { outcome, notBefore: asked } = await request(message)
        const waits = asked !== undefined && longestWaitMs > 0
        if (waits) notBefore = Math.max(notBefore, Math.min(asked, clock.now() + longestWaitMs))
        // One that says when it wants to be asked again is not broken.
        if (outcome && 'failed' in outcome && !waits) return failed(outcome.failed)
        breaker.answered()
        tell()
        return outcome
      } catch (error) {
        // That it was given up says nothing about the other side.
        return stopped ? { failed: error } : failed(named(error))
      }
    },

    /** Leaves no connection open. */
    stop,
  }
}

/** Node gives no message to an error that stands for several, such as no address of a host having answered. */
function named(error: unknown): unknown {
  if (!(error instanceof Error) || error.message !== '') return error
  return new Error('code' in error ? String(error.code) : error.name, { cause: error })
}

/** The beginning of a body as text. A short one is read to its end, so that its connection is used again; of a longer one no more is read. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= drainedBytes) break
    }
  } catch {
    // The status is known and counts, also when its body breaks off or does not end in time.
  }
  return Buffer.concat(chunks).toString().trim()
}
