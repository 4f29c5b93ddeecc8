import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { ConnectError } from '#api'
import { withAnySignal } from './any-signal.ts'

/** Whom to trust among the other workers, and what to show them; as `node:tls` takes it. */
export interface PeerTls
  extends Pick<
    ConnectionOptions,
    'ca' | 'cert' | 'key' | 'ciphers' | 'minVersion' | 'maxVersion' | 'checkServerIdentity'
  > {
  readonly allowPartialTrustChain?: boolean
}

export interface PeerRequest {
  readonly method: string
  /** The worker's advertised URL. */
  readonly url: string
  /** Path and query as they stand in a request line. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  readonly signal: AbortSignal
}

export interface PeerAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Speaks to the REST API of other workers, over connections that are kept. */
export interface PeerClient {
  /** Resolves with any answer. Rejects when there is none, or `signal` aborts. */
  request(request: PeerRequest): Promise<PeerAnswer>
  /** Cuts what is under way. */
  close(): void
}

export interface PeerClientOptions {
  /** Asked for once, before the first request by https; absent: Node's own trust. */
  readonly tls?: (() => Promise<PeerTls>) | undefined
  /** Milliseconds until a connection has to stand. */
  readonly connectTimeoutMs?: number
  /** Bytes of an answer. */
  readonly answerLimit?: number
}

/** Milliseconds for which an idle connection is kept: less than the listeners do. */
const idleMs = 30_000
const connections = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8, timeout: idleMs }

export function createPeerClient(options: PeerClientOptions = {}): PeerClient {
  const { connectTimeoutMs = 10_000, answerLimit = 32 * 1024 * 1024 } = options
  const plain = new HttpAgent(connections)
  let secure: Promise<HttpsAgent> | undefined
  const closed = new AbortController()

  const secureAgent = (): Promise<HttpsAgent> => {
    // A file that could not be read is read again for the next request.
    secure ??= openSecure().catch((error: unknown) => {
      secure = undefined
      throw error
    })
    return secure
  }
  const openSecure = async () => new HttpsAgent({ ...connections, ...(await options.tls?.()) })

  const send = (request: PeerRequest): Promise<PeerAnswer> =>
    withAnySignal([request.signal, closed.signal], (signal) => sendUntil(signal, request))

  async function sendUntil(signal: AbortSignal, request: PeerRequest): Promise<PeerAnswer> {
    const { method, path, body } = request
    const { protocol, hostname, port, host } = new URL(request.url)
    const agent = protocol === 'https:' ? await secureAgent() : plain
    const open = protocol === 'https:' ? requestHttps : requestHttp
    const headers = { ...request.headers, host, 'content-length': body?.length ?? 0 }
    const to = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port, path, method, headers, agent, signal }
    for (let stale = 0; ; stale++) {
      signal.throwIfAborted()
      const sent = open(to)
      limitConnecting(sent, connectTimeoutMs)
      try {
        return await answerOf(sent, body, answerLimit)
      } catch (error) {
        // The other side closed a kept connection just when it was used again. All that are kept may be so, a new one is not.
        if (!sent.reusedSocket || !isReset(error) || stale === connections.maxFreeSockets) throw error
      }
    }
  }

  return {
    request: send,
    close() {
      closed.abort(new ConnectError('This worker is stopping'))
      plain.destroy()
      void secure?.then((agent) => agent.destroy())
    },
  }
}

/** A worker that is gone with its machine, or frozen, answers no call at all. */
function limitConnecting(sent: ClientRequest, ms: number): void {
  sent.once('socket', (socket: Socket) => {
    if (!socket.connecting) return
    const late = (): void => void sent.destroy(new Error(`no connection within ${ms} ms`))
    socket.setTimeout(ms, late)
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      socket.off('timeout', late)
      socket.setTimeout(0)
    })
  })
}

async function answerOf(sent: ClientRequest, body: Buffer | undefined, limit: number): Promise<PeerAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).on('error', reject).end(body)
  })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop destroys the answer.
    if (size > limit) throw new Error(`its answer is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks) }
}

const isReset = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
