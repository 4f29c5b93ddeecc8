import {
  BadRequestError,
  ConflictError,
  ConnectError,
  ForbiddenError,
  messageOf,
  NotFoundError,
  RetriableError,
  TimeoutError,
} from '#api'
import { withAnySignal } from '../../util/any-signal.ts'
import type { PeerAnswer, PeerClient } from '../../util/peer-client.ts'
import type { SessionKeys } from './session-keys.ts'

/** How long (ms) another worker may take, unless the caller gives up before; as long as Kafka Connect's REST requests may. */
const timeLimitMs = 90_000

export interface SignedRequest {
  readonly method: 'POST' | 'PUT'
  /** Of the worker, with or without a slash at the end. */
  readonly url: string
  /** Its segments, not encoded. */
  readonly path: readonly string[]
  readonly body?: Buffer | undefined
  /** Of ours: what the body is for, which is signed with it. */
  readonly port?: string | undefined
  readonly contentType?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Asks other workers over HTTP, every request signed. */
export interface InternalClient {
  /** Rejects with the error that the other worker answered, or `RetriableError` when it cannot be reached. */
  send(request: SignedRequest): Promise<Buffer>
  /** Ends what is under way. */
  close(): void
}

export interface InternalClientOptions {
  readonly keys: Pick<SessionKeys, 'sign'>
  /** The connections, which the caller closes. */
  readonly peers: PeerClient
}

export function createInternalClient({ keys, peers }: InternalClientOptions): InternalClient {
  const closing = new AbortController()

  async function send(request: SignedRequest): Promise<Buffer> {
    const { method, url, body = Buffer.alloc(0), port, contentType, signal } = request
    const base = url.endsWith('/') ? url : `${url}/`
    const path = new URL(request.path.map(encodeURIComponent).join('/'), base).pathname
    const headers = { ...keys.sign(body, port), ...(contentType !== undefined && { 'content-type': contentType }) }
    const late = AbortSignal.timeout(timeLimitMs)
    let answer: PeerAnswer
    try {
      answer = await withAnySignal([closing.signal, late, ...(signal ? [signal] : [])], (ends) =>
        peers.request({ method, url, path, headers, body, signal: ends }),
      )
    } catch (cause) {
      if (late.aborted)
        throw new TimeoutError(`The worker at ${url} did not answer within ${timeLimitMs} ms.`, { cause })
      throw new RetriableError(`The worker at ${url} cannot be reached: ${messageOf(cause)}`, { cause })
    }
    if (answer.status >= 300) throw refusal(url, answer.status, answer.body)
    return answer.body
  }

  return { send, close: () => closing.abort() }
}

const errorOf: Readonly<Record<number, typeof ConnectError>> = {
  400: BadRequestError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  503: RetriableError,
  504: TimeoutError,
}

function refusal(url: string, status: number, bytes: Buffer): ConnectError {
  const context = { url, status }
  const Kind = errorOf[status] ?? ConnectError
  return new Kind(messageIn(bytes) ?? `The worker at ${url} answered with the status ${status}.`, { context })
}

function messageIn(bytes: Buffer): string | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string')
      return body.message
  } catch {
    // No JSON: whoever answered is no worker, and the status says it.
  }
  return undefined
}
