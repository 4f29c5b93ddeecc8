import { Agent } from 'undici'
import { messageOf, type Password, RetriableError, type SinkTaskContext } from '#api'
import type { Outcome } from '../common/batch-sink.ts'
import { parseHeaders } from '../common/http-words.ts'
import { type Answer, readAnswer } from './answer.ts'
import { createBreaker } from './breaker.ts'
import { parseSecrets, signed } from './signature.ts'

/** How many bytes of an answer an error tells, and how many are read. */
const toldBytes = 500
const drainedBytes = 65_536

export interface EndpointOptions {
  readonly method: string
  readonly headers: Password | null
  readonly 'signing.secrets': Password | null
  readonly 'request.timeout.ms': number
  readonly 'max.in.flight.requests': number
  readonly 'retry.after.max.ms': number
  readonly 'circuit.failures': number
  readonly 'circuit.open.ms': number
  readonly 'put.timeout.ms': number
}

export interface WebhookRequest {
  readonly url: string
  /** Names the message whenever it is sent. */
  readonly id: string
  readonly body: string
}

/** The other side: one request at a time for each call, and when it wants to be left alone. */
export function createEndpoint({
  options,
  context,
}: {
  readonly options: EndpointOptions
  readonly context: Pick<SinkTaskContext<unknown>, 'clock' | 'signal' | 'report' | 'log'>
}) {
  const { clock, signal } = context
  const headers = options.headers === null ? {} : parseHeaders(options.headers.reveal())
  const keys = options['signing.secrets'] === null ? [] : parseSecrets(options['signing.secrets'].reveal())
  const breaker = createBreaker({ failures: options['circuit.failures'], openMs: options['circuit.open.ms'], clock })
  let notBefore = 0
  let told: string | undefined

  const tell = (reason?: string): void => {
    const circuit = breaker.isOpen() ? 'open' : 'closed'
    if (told === circuit) return
    told = circuit
    context.report({ circuit, guarantee: 'at least once', ...(reason !== undefined && { reason }) })
    if (breaker.isOpen()) context.log.warn({ reason }, 'nothing is sent for a while, too many requests failed in a row')
  }
  tell()

  const agent = new Agent({
    connections: options['max.in.flight.requests'],
    connectTimeout: options['request.timeout.ms'],
  })

  const request = async ({ url, id, body }: WebhookRequest): Promise<Answer> => {
    const { origin, pathname, search } = new URL(url)
    const seconds = Math.floor(clock.now() / 1000)
    const response = await agent.request({
      origin,
      path: pathname + search,
      method: options.method,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': id,
        ...signed(keys, { id, seconds, body }),
        ...headers,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(options['request.timeout.ms'])]),
    })
    const text = await beginningOf(response.body)
    return readAnswer(response.statusCode, text, one(response.headers['retry-after']), clock.now())
  }

  return {
    /** Waits while the endpoint wants to be left alone; rejects with `RetriableError` when that is longer than `put.timeout.ms`. */
    async ready(until: AbortSignal): Promise<void> {
      const waitMs = Math.max(notBefore, breaker.isOpen() ? breaker.until() : 0) - clock.now()
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, options['put.timeout.ms']), until)
      if (waitMs > options['put.timeout.ms'] || until.aborted) {
        throw new RetriableError(`The endpoint wants to be left alone for ${Math.ceil(waitMs / 1000)} s.`)
      }
    },

    /** Never rejects. */
    async send(message: WebhookRequest): Promise<Outcome> {
      if (clock.now() < notBefore || !breaker.allows())
        return { failed: new Error('the endpoint wants to be left alone') }
      try {
        const answer = await request(message)
        const most = clock.now() + options['retry.after.max.ms']
        if (answer.notBefore !== undefined) notBefore = Math.max(notBefore, Math.min(answer.notBefore, most))
        if (answer.outcome && 'failed' in answer.outcome) breaker.failed()
        else breaker.succeeded()
        tell(answer.outcome && 'failed' in answer.outcome ? messageOf(answer.outcome.failed) : undefined)
        return answer.outcome
      } catch (error) {
        breaker.failed()
        tell(messageOf(error))
        return { failed: error }
      }
    },

    /** Leaves no connection open. */
    stop: (): Promise<void> => agent.destroy(),
  }
}

const one = (header: string | readonly string[] | undefined): string | null =>
  (typeof header === 'string' ? header : header?.[0]) ?? null

/** The beginning of a body as text. A short one is read to its end, so that its connection is used again; of a longer one no more is read. */
async function beginningOf(body: AsyncIterable<unknown>): Promise<string> {
  let beginning = Buffer.alloc(0)
  let bytes = 0
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    beginning = Buffer.concat([beginning, chunk]).subarray(0, toldBytes)
    if (bytes >= drainedBytes) break
  }
  return beginning.toString().trim()
}
