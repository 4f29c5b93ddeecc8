import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError, type Logger, messageOf } from '#api'
import type { AuthSettings } from '../settings.ts'

/** A key that tokens may be signed with, and how. A public key never checks HS, nor a secret anything else. */
export interface TokenKey {
  /** Absent: it may be any token's. */
  readonly kid?: string | undefined
  readonly algorithms: readonly string[]
  readonly key: KeyObject
}

const blocks = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g
/** The shortest RSA key (bits) that the algorithms allow (RFC 7518 §3.3). */
const rsaBits = 2048
/** The most keys of one file or URL. */
const mostKeys = 256

/** What the files hold. Throws `ConfigError` for one that cannot be read. */
export const readKeyTexts = (files: readonly string[]): Promise<readonly string[]> => Promise.all(files.map(readText))

/** The secret and the keys of the files' texts. Throws `ConfigError` for what cannot be used. */
export const tokenKeysOf = (
  { secret, publicKeys }: AuthSettings,
  texts: readonly string[],
  log: Logger,
): readonly TokenKey[] => [
  ...secretKeys(secret),
  ...texts.flatMap((text, index) => keysIn(text, publicKeys[index] ?? '', log)),
]

export const secretKeys = (secret: string | null): readonly TokenKey[] => (secret === null ? [] : [secretKey(secret)])

/** A key is as long as the hash at least (RFC 7518 §3.2). */
function secretKey(secret: string): TokenKey {
  const bytes = Buffer.from(secret)
  const algorithms = ['HS256', ...(bytes.length >= 48 ? ['HS384'] : []), ...(bytes.length >= 64 ? ['HS512'] : [])]
  return { algorithms, key: createSecretKey(bytes) }
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`gateway.auth.publicKeys: ${file} cannot be read: ${messageOf(error)}.`, { cause: error })
  })

function keysIn(text: string, file: string, log: Logger): readonly TokenKey[] {
  try {
    const keys = text.trimStart().startsWith('{') ? readJwks(text, log) : [...text.matchAll(blocks)].map(pemKey)
    if (keys.length > 0) return keys
  } catch (error) {
    throw new ConfigError(`gateway.auth.publicKeys: ${file} cannot be used: ${messageOf(error)}`, { cause: error })
  }
  throw new ConfigError(`gateway.auth.publicKeys: ${file} holds no public key: give it PEM, or a JWKS.`)
}

function pemKey([text, label = '']: RegExpMatchArray): TokenKey {
  if (label.includes('PRIVATE')) throw new Error('It holds a private key: the gate needs the public one alone.')
  const key = label.includes('CERTIFICATE') ? new X509Certificate(text).publicKey : createPublicKey(text)
  const algorithms = algorithmsOf(key)
  if (algorithms.length > 0) return { algorithms, key }
  throw new Error(
    `A key of it signs no tokens: it is to be RSA of ${rsaBits} bits or more, EC on P-256, P-384 or P-521, or Ed25519.`,
  )
}

/** The keys of a JWKS (RFC 7517) that sign tokens; others that it may hold are passed over. Throws when it is none. */
export function readJwks(text: string, log: Logger): readonly TokenKey[] {
  const set: unknown = JSON.parse(text)
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  if (!Array.isArray(keys)) throw new Error('It is no JWKS: an object with a list "keys".')
  if (keys.length > mostKeys) throw new Error(`It holds more than ${mostKeys} keys.`)
  return keys.flatMap((jwk: unknown) => {
    try {
      return jwkKey(jwk as Readonly<Record<string, unknown>>)
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'a key of a JWKS is passed over')
      return []
    }
  })
}

function jwkKey(jwk: Readonly<Record<string, unknown>>): readonly TokenKey[] {
  const { kid, alg, use, kty, key_ops: uses } = jwk
  const signs = (use === undefined || use === 'sig') && (!Array.isArray(uses) || uses.includes('verify'))
  // A secret that is published is none.
  if (!signs || kty === 'oct') return []
  const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = jwk
  const key = createPublicKey({ key: open as JsonWebKey, format: 'jwk' })
  const algorithms = algorithmsOf(key).filter((name) => alg === undefined || name === alg)
  return algorithms.length === 0 ? [] : [{ key, algorithms, ...(typeof kid === 'string' ? { kid } : {}) }]
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= rsaBits)
    return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (type === 'ed25519') return ['EdDSA']
  const curve = type === 'ec' ? curves[details?.namedCurve ?? ''] : undefined
  return curve === undefined ? [] : [curve]
}
