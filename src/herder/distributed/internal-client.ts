import http from 'node:http'
import https from 'node:https'
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
import type { SessionKeys } from './session-keys.ts'

/** The most bytes that are read of an answer. */
const maxAnswerBytes = 32 * 1024 * 1024

/** How long (ms) another worker may take, unless the caller gives up before; as long as Kafka Connect's REST requests may. */
const timeLimitMs = 90_000

/** What makes an `https` connection to another worker. */
export type PeerTls = Pick<
  https.AgentOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'pfx'
  | 'ciphers'
  | 'minVersion'
  | 'maxVersion'
  | 'checkServerIdentity'
  | 'rejectUnauthorized'
>

export interface PeerRequest {
  readonly method: 'POST' | 'PUT'
  /** Of the worker, with or without a slash at the end. */
  readonly url: string
  /** Its segments, not encoded. */
  readonly path: readonly string[]
  readonly body?: Buffer | undefined
  readonly contentType?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Asks other workers over HTTP, every request signed. */
export interface InternalClient {
  /** Rejects with the error that the other worker answered, or `RetriableError` when it cannot be reached. */
  send(request: PeerRequest): Promise<Buffer>
  close(): void
}

export interface InternalClientOptions {
  readonly keys: Pick<SessionKeys, 'sign'>
  readonly tls?: PeerTls | undefined
}

export function createInternalClient({ keys, tls }: InternalClientOptions): InternalClient {
  const keepAlive = { keepAlive: true, maxFreeSockets: 16, timeout: timeLimitMs }
  const plain = new http.Agent(keepAlive)
  const secure = new https.Agent({ ...keepAlive, ...tls })
  const closing = new AbortController()

  async function send({
    method,
    url,
    path,
    body = Buffer.alloc(0),
    contentType,
    signal,
  }: PeerRequest): Promise<Buffer> {
    const target = new URL(path.map(encodeURIComponent).join('/'), url.endsWith('/') ? url : `${url}/`)
    const headers = {
      ...keys.sign(body),
      'content-length': String(body.length),
      ...(contentType !== undefined && { 'content-type': contentType }),
    }
    const late = AbortSignal.timeout(timeLimitMs)
    const isSecure = target.protocol === 'https:'
    const options = { method, headers, agent: isSecure ? secure : plain }
    let answer: { readonly status: number; readonly bytes: Buffer }
    try {
      answer = await withAnySignal([closing.signal, late, ...(signal ? [signal] : [])], (ends) =>
        exchange((isSecure ? https : http).request(target, { ...options, signal: ends }), body),
      )
    } catch (cause) {
      if (late.aborted)
        throw new TimeoutError(`The worker at ${url} did not answer within ${timeLimitMs} ms.`, { cause })
      throw new RetriableError(`The worker at ${url} cannot be reached: ${messageOf(cause)}`, { cause })
    }
    if (answer.status >= 300) throw refusal(url, answer.status, answer.bytes)
    return answer.bytes
  }

  return {
    send,
    close() {
      closing.abort()
      plain.destroy()
      secure.destroy()
    },
  }
}

function exchange(
  request: http.ClientRequest,
  body: Buffer,
): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxAnswerBytes)
          response.destroy(new ConnectError(`the answer has more than ${maxAnswerBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 500, bytes: Buffer.concat(chunks) }))
    })
    request.end(body)
  })
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
