import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { BadRequestError, ConnectError, ForbiddenError } from '#api'
import type { SessionKey } from '../../storage/index.ts'
import { signatureAlgorithms } from '../../util/signature-algorithms.ts'

/** Under Kafka Connect's names. */
export interface SessionKeySettings {
  readonly 'inter.worker.key.generation.algorithm': string
  /** Bits; null: what Java makes of the algorithm. */
  readonly 'inter.worker.key.size': number | null
  /** Milliseconds; 0: a key is never replaced. */
  readonly 'inter.worker.key.ttl.ms': number
  readonly 'inter.worker.signature.algorithm': string
  readonly 'inter.worker.verification.algorithms': readonly string[]
}

/** This worker has to read on, or to join its cluster, before it can answer. */
export class StartingError extends ConnectError {
  static override readonly code: string = 'STARTING'
  static override readonly status: number = 503
  static override readonly retriable: boolean = true
}

/** The headers of a signed request, Kafka Connect's. */
export interface Signature {
  readonly 'X-Connect-Authorization': string
  readonly 'X-Connect-Request-Signature-Algorithm': string
}

/** Signs and checks what workers ask of each other (KIP-507). */
export interface SessionKeys {
  /** Of a body and, where it is one of ours, the port that it is for. Throws `StartingError` when no key is known yet. */
  sign(body: Buffer, port?: string): Signature
  verify(
    body: Buffer,
    headers: { readonly authorization?: string | undefined; readonly algorithm?: string | undefined },
    port?: string,
  ): void
  /** Of the leader: a key for the others, when there is none or the one there is too old or not of this worker's kind. */
  due(): SessionKey | undefined
  /** When one is due at the latest (ms since the epoch); undefined: never. */
  dueAt(): number | undefined
}

/** How long the key before the present one is taken: a request signed with it may be under way. */
const graceMs = 60_000

export interface SessionKeysOptions {
  readonly settings: SessionKeySettings
  /** The newest in the config topic. */
  readonly current: () => SessionKey | undefined
  readonly now: () => number
}

export function createSessionKeys({ settings, current, now }: SessionKeysOptions): SessionKeys {
  const kind = settings['inter.worker.key.generation.algorithm']
  const size = settings['inter.worker.key.size']
  const keyBytes = size === null ? algorithm(kind).keyBytes : Math.ceil(size / 8)
  const ttl = settings['inter.worker.key.ttl.ms']
  const accepted = settings['inter.worker.verification.algorithms']
  let newest = current()
  let former: { readonly key: SessionKey; readonly until: number } | undefined

  /** Also notices that there is a newer one. */
  function latest(): SessionKey | undefined {
    const key = current()
    if (newest && key && !key.key.equals(newest.key)) former = { key: newest, until: now() + graceMs }
    newest = key
    return key
  }

  return {
    sign(body, port) {
      const key = latest()
      if (!key) throw new StartingError(noKey)
      const name = settings['inter.worker.signature.algorithm']
      return {
        'X-Connect-Authorization': digest(name, key, body, port).toString('base64'),
        'X-Connect-Request-Signature-Algorithm': name,
      }
    },
    verify(body, { authorization, algorithm: name }, port) {
      if (authorization === undefined || name === undefined)
        throw new BadRequestError('Internal request missing required signature')
      if (!Object.hasOwn(signatureAlgorithms, name)) throw new BadRequestError(`Algorithm ${name} not available`)
      if (!isBase64.test(authorization)) throw new BadRequestError('The signature of an internal request is no base64')
      if (!accepted.includes(name)) {
        throw new BadRequestError(
          `This worker does not support the '${name}' key signing algorithm used by other workers. This worker is currently configured to use: [${accepted.join(', ')}]. Check that all workers' configuration files permit the same set of signature algorithms, and correct any misconfigured worker and restart it.`,
        )
      }
      const key = latest()
      if (!key) throw new StartingError(noKey)
      const given = Buffer.from(authorization, 'base64')
      const isOf = (each: SessionKey) => isSame(digest(name, each, body, port), given)
      if (isOf(key) || (former && former.until > now() && isOf(former.key))) return
      throw new ForbiddenError('Internal request contained invalid signature.')
    },
    due() {
      const key = latest()
      const isFine =
        key && (ttl === 0 || key.createdAt + ttl > now()) && key.algorithm === kind && key.key.length === keyBytes
      return isFine ? undefined : { key: randomBytes(keyBytes), algorithm: kind, createdAt: now() }
    },
    dueAt() {
      const key = latest()
      if (!key) return now()
      return ttl === 0 ? undefined : key.createdAt + ttl
    },
  }
}

const noKey = 'This worker is still starting up and has not been able to read a session key from the config topic yet'

const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

function algorithm(name: string) {
  const found = signatureAlgorithms[name]
  if (!found) throw new ConnectError(`Nobody here knows the signature algorithm ${name}.`)
  return found
}

const digest = (name: string, { key }: SessionKey, body: Buffer, port?: string): Buffer =>
  createHmac(algorithm(name).digest, key)
    .update(port === undefined ? '' : `${port}\n`)
    .update(body)
    .digest()

const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
