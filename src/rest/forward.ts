import { ConflictError, ConnectError, type Logger, messageOf } from '#api'
import type { PeerAnswer, PeerClient } from '../util/peer-client.ts'
import type { RestAnswer } from './route.ts'

/** A request that another worker has to answer. */
export interface Forwarding {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer | undefined
  /** Where the client reached this worker. */
  readonly baseUrl: string
  readonly signal: AbortSignal
}

/**
 * Repeats a request at the worker that an `ElsewhereError` names, and gives its answer. Two hops are enough, of which `forward` in the query
 * tells: a request that finds nobody in charge after them is refused (reference §1.2).
 */
export async function forward(
  error: ConnectError,
  request: Forwarding,
  peers: PeerClient | undefined,
  log: Logger,
): Promise<RestAnswer> {
  const [path = '', query = ''] = splitOnce(request.url, '?')
  const hop = new URLSearchParams(query).get('forward')
  if (hop !== null && hop.toLowerCase() !== 'true') {
    log.error({ method: request.method, path }, 'the worker in charge was not found within two hops')
    throw new ConflictError('Cannot complete request because of a conflicting operation (e.g. worker rebalance)')
  }
  const { url } = error.context
  if (typeof url !== 'string' || !peers)
    throw new ConflictError(
      'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.',
    )
  log.debug({ method: request.method, path, to: url }, 'forwarding a request')
  const others = query.split('&').filter((part) => part !== '' && !/^forward(?:=|$)/.test(part))
  const to = { url, path: `${path}?${[`forward=${hop === null}`, ...others].join('&')}` }
  const { method, body, signal } = request
  const headers = Object.fromEntries(copied.flatMap((name) => textOf(name, request.headers[name])))
  let answer: PeerAnswer
  try {
    answer = await peers.request({ ...to, method, headers, body, signal })
  } catch (cause) {
    throw new ConnectError(`IO Error trying to forward REST request: ${messageOf(cause)}`, { cause, context: { url } })
  }
  if (answer.status < 200 || (answer.status >= 300 && answer.status < 400))
    throw new ConnectError(`Unexpected status code when handling forwarded request: ${answer.status}`)
  return passedOn(answer, url, request.baseUrl)
}

export const isElsewhere = (error: unknown): error is ConnectError =>
  ConnectError.is(error) && error.code === 'ELSEWHERE'

/** The signature of a request between workers is about its body alone, and so holds at the next worker too. */
const copied = [
  'content-type',
  'accept',
  'authorization',
  'x-connect-authorization',
  'x-connect-request-signature-algorithm',
]

function passedOn({ status, headers, body }: PeerAnswer, peer: string, baseUrl: string): RestAnswer {
  const location = headers.location
  const base = new URL(peer).origin
  const told = location?.startsWith(`${base}/`) ? `${baseUrl}${location.slice(base.length)}` : location
  const warnings = headers['x-tidegate-warning']
  return {
    status,
    bytes: body,
    headers: {
      ...(headers['content-type'] !== undefined && { 'content-type': headers['content-type'] }),
      ...(told !== undefined && { location: told }),
      ...(warnings !== undefined && { 'x-tidegate-warning': warnings }),
    },
  }
}

const textOf = (name: string, value: string | readonly string[] | undefined): readonly (readonly [string, string])[] =>
  typeof value === 'string' ? [[name, value]] : []

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
