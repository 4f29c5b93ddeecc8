import { Agent } from 'undici'
import { messageOf, RetriableError, type SinkTaskContext } from '#api'
import type { Outcome } from '../common/batch-sink.ts'
import { type Answer, readAnswer } from './answer.ts'
import { createBreaker } from './breaker.ts'
import type { WebhookOptions } from './config.ts'
import { requestHeaders } from './headers.ts'
import { parseSecrets, signed } from './signature.ts'
import { tlsOf } from './tls.ts'

/** How many bytes of an answer an error tells, and how many are read. */
const toldBytes = 500
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
  const breaker = createBreaker({ failures: options['circuit.failures'], openMs: options['circuit.open.ms'], clock })
  const timeoutMs = options['request.timeout.ms']
  const agent = new Agent({
    connections: options['max.in.flight.requests'],
    connect: { ...tlsOf(options), timeout: timeoutMs },
  })
  // What is under way is given up when the task is asked to stop.
  signal.addEventListener('abort', () => void stop(), { once: true })
  let stopped: Promise<void> | undefined
  /** What the endpoint asked for by `Retry-After` (ms since the epoch). */
  let notBefore = 0
  let told: string | undefined

  const stop = (): Promise<void> => (stopped ??= agent.destroy())

  const tell = (reason?: string): void => {
    const circuit = breaker.isOpen() ? 'open' : 'closed'
    if (told === circuit) return
    told = circuit
    report({ circuit, guarantee: 'at least once', ...(reason !== undefined && { reason }) })
    if (breaker.isOpen()) log.warn({ reason }, 'nothing is sent for a while, too many requests failed in a row')
  }
  tell()

  const request = async ({ url, id, body }: WebhookRequest): Promise<Answer> => {
    const { origin, pathname, search } = new URL(url)
    const seconds = Math.floor(clock.now() / 1000)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error(`it did not answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      const response = await agent.request({
        origin,
        path: pathname + search,
        method: options.method,
        headers: { ...headers, 'idempotency-key': id, ...signed(keys, { id, seconds, body }) },
        body,
        signal: late.signal,
      })
      const text = await beginningOf(response.body)
      const retryAfter = [response.headers['retry-after']].flat()[0]
      return readAnswer(response.statusCode, text, retryAfter, clock.now())
    } finally {
      clearTimeout(timer)
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
      const waitMs = Math.max(notBefore, breaker.opensAt()) - clock.now()
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, options['put.timeout.ms']), signal)
      if (waitMs > options['put.timeout.ms'] || signal.aborted) {
        throw new RetriableError(`The endpoint is left alone for ${Math.ceil(waitMs / 1000)} s.`)
      }
    },

    /** Never rejects. */
    async send(message: WebhookRequest): Promise<Outcome> {
      if (clock.now() < notBefore || !breaker.allows()) return { failed: new Error('the endpoint is left alone') }
      try {
        const { outcome, notBefore: asked } = await request(message)
        if (asked !== undefined) {
          notBefore = Math.max(notBefore, Math.min(asked, clock.now() + options['retry.after.max.ms']))
        }
        // One that says when it wants to be asked again is not broken.
        if (outcome && 'failed' in outcome && asked === undefined) return failed(outcome.failed)
        breaker.answered()
        tell()
        return outcome
      } catch (error) {
        return failed(error)
      }
    },

    /** Leaves no connection open. */
    stop,
  }
}

/** The beginning of a body as text. A short one is read to its end, so that its connection is used again; of a longer one no more is read. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let beginning = Buffer.alloc(0)
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (beginning.length < toldBytes) beginning = Buffer.concat([beginning, chunk]).subarray(0, toldBytes)
    if (bytes >= drainedBytes) break
  }
  return beginning.toString().trim()
}
