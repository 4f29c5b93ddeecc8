import type { checkServerIdentity, SecureVersion } from 'node:tls'
import { ConfigError, messageOf, type Props } from '#api'
import { toOpenSslSuites } from './cipher-suites.ts'
import { type Identity, readKeyStore, readTrustStore } from './key-stores.ts'

/** What `node:tls` and `node:https` take, for either side of a connection. Certificates and the key are PEM; the key is not encrypted any more. */
export interface TlsMaterial {
  /** Whom to trust instead of Node's own list. */
  readonly ca?: string[]
  /** Own certificate, then its chain. */
  readonly cert?: string
  readonly key?: string
  readonly ciphers?: string
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  /** As in Java, each certificate in a trust store is an anchor, whether it is a root or not. */
  readonly allowPartialTrustChain?: boolean
  readonly checkServerIdentity?: typeof checkServerIdentity
}

export interface TlsOptions {
  /** Stands before each property's name, such as `listeners.https.`. */
  readonly prefix?: string
  /** Told, once a call, of each property that is obeyed only in part, or weakens the connection. */
  readonly warn?: (message: string) => void
}

/** Reads Kafka's `ssl.*` properties and the files they name. Throws one `ConfigError` with all that is wrong; no message holds a secret. */
export async function tlsFromProps(
  props: Props,
  { prefix = '', warn = () => undefined }: TlsOptions = {},
): Promise<TlsMaterial> {
  const errors: string[] = []
  const get: Get = (name) => props[prefix + name] ?? undefined
  const name = (property: string): string => prefix + property
  async function tried<T>(read: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (!ConfigError.is(error)) throw error
      errors.push(messageOf(error))
      return undefined
    }
  }
  const trust = await tried(() => readTrustStore(get, name))
  const own = await tried(() => readKeyStore(get, name))
  const versions = await tried(() => toVersions(get('ssl.enabled.protocols'), name('ssl.enabled.protocols')))
  const suites = await tried(() => toOpenSslSuites(get('ssl.cipher.suites'), name('ssl.cipher.suites'), warn))
  const identity = await tried(() => toIdentityCheck(get, name, warn))
  if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
  for (const property of notObeyed) if (get(property)) warn(`${name(property)} is not used: ${why}.`)
  if (own) warnOfExpiry(own, name, warn)
  return {
    ...(trust && { ca: [...trust], allowPartialTrustChain: true }),
    ...(own && { cert: own.chain.join(''), key: own.key }),
    ...(suites && { ciphers: suites }),
    ...versions,
    ...identity,
  }
}

export type Get = (property: string) => string | undefined

const notObeyed = [
  'ssl.provider',
  'ssl.protocol',
  'ssl.keymanager.algorithm',
  'ssl.trustmanager.algorithm',
  'ssl.secure.random.implementation',
  'ssl.engine.factory.class',
]
const why = 'it chooses among Java’s implementations, and here OpenSSL is the only one'

const knownVersions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function toVersions(value: string | undefined, property: string): Pick<TlsMaterial, 'minVersion' | 'maxVersion'> {
  const wanted = value?.split(',').flatMap((each) => each.trim() || [])
  if (!wanted || wanted.length === 0) return {}
  const unknown = wanted.filter((each) => !knownVersions.some((version) => version === each))
  if (unknown.length > 0)
    throw new ConfigError(`${property}: ${unknown.join(', ')} is not known; use ${knownVersions.join(', ')}.`)
  const chosen = knownVersions.filter((version) => wanted.includes(version))
  const [minVersion, maxVersion] = [chosen[0], chosen.at(-1)]
  return { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) }
}

function toIdentityCheck(
  get: Get,
  name: (property: string) => string,
  warn: (message: string) => void,
): Pick<TlsMaterial, 'checkServerIdentity'> {
  const property = name('ssl.endpoint.identification.algorithm')
  const algorithm = get('ssl.endpoint.identification.algorithm')?.trim().toLowerCase()
  if (algorithm === undefined || algorithm === 'https') return {}
  if (algorithm !== '')
    throw new ConfigError(`${property}: ${algorithm} is not known; use https, or nothing to switch the check off.`)
  warn(`${property} is empty: the host names of servers are not compared with their certificates.`)
  return { checkServerIdentity: () => undefined }
}

function warnOfExpiry(own: Identity, name: (property: string) => string, warn: (message: string) => void): void {
  if (own.validTo.getTime() > Date.now()) return
  warn(`The certificate of ${name(own.property)} was valid until ${own.validTo.toISOString()}; peers will refuse it.`)
}
