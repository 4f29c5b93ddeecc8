import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError, messageOf } from '#api'
import { isJks, readJks } from './jks.ts'
import { certificatesIn, keyIn } from './pem.ts'
import { readPkcs12 } from './pkcs12.ts'
import type { Get } from './tls.ts'

/** What a JKS or PKCS12 file holds; everything DER. */
export interface Store {
  readonly keys: readonly StoredKey[]
  /** Certificates that the file marks as trusted. */
  readonly trusted: readonly Buffer[]
}

export interface StoredKey {
  readonly alias: string
  /** PKCS#8. Throws when the password is wrong. */
  readonly open: (password: string) => Buffer
  readonly chain: readonly Buffer[]
}

/** Who we are: a key, and its certificate before the chain; PEM. */
export interface Identity {
  readonly key: string
  readonly chain: readonly string[]
  readonly validTo: Date
  /** Where it comes from. */
  readonly property: string
}

type Name = (property: string) => string

const types = ['JKS', 'PKCS12', 'PEM']

/** Whom to trust, as PEM; undefined when the properties do not say. */
export async function readTrustStore(get: Get, name: Name): Promise<readonly string[] | undefined> {
  const [location, certificates] = [get('ssl.truststore.location'), get('ssl.truststore.certificates')]
  const password = get('ssl.truststore.password')
  const type = typeOf(get('ssl.truststore.type'), name('ssl.truststore.type'))
  const at = name(certificates ? 'ssl.truststore.certificates' : 'ssl.truststore.location')
  if (certificates && location)
    throw new ConfigError(`${at} and ${name('ssl.truststore.location')} are both given; keep one of them.`)
  if (certificates) {
    if (type !== 'PEM') throw new ConfigError(`${at} needs ${name('ssl.truststore.type')}=PEM, and it is ${type}.`)
    return found(certificatesIn(certificates, at), at)
  }
  if (!location) {
    if (password) throw new ConfigError(`${name('ssl.truststore.password')} is given without ${at}.`)
    return undefined
  }
  const where = `${at} ${location}`
  const bytes = await readNamed(location, at)
  if (type === 'PEM') {
    if (password) throw new ConfigError(`${name('ssl.truststore.password')} has no use with a PEM file; remove it.`)
    return found(certificatesIn(bytes.toString(), where), where)
  }
  const store = await openStore(bytes, password, where, name('ssl.truststore.password'))
  const leaves = store.keys.flatMap(({ chain }) => chain.slice(0, 1))
  return found([...store.trusted, ...leaves].map(toPem), where)
}

/** Our own key and certificates; undefined when the properties do not name any. */
export async function readKeyStore(get: Get, name: Name): Promise<Identity | undefined> {
  const [location, key] = [get('ssl.keystore.location'), get('ssl.keystore.key')]
  const chain = get('ssl.keystore.certificate.chain')
  const type = typeOf(get('ssl.keystore.type'), name('ssl.keystore.type'))
  const [keyPassword, password] = [get('ssl.key.password'), get('ssl.keystore.password')]
  if (key || chain) {
    const at = name('ssl.keystore.key')
    if (location) throw new ConfigError(`${at} and ${name('ssl.keystore.location')} are both given; keep one of them.`)
    if (!key || !chain) throw new ConfigError(`${at} and ${name('ssl.keystore.certificate.chain')} need each other.`)
    if (type !== 'PEM') throw new ConfigError(`${at} needs ${name('ssl.keystore.type')}=PEM, and it is ${type}.`)
    const certificates = certificatesIn(chain, name('ssl.keystore.certificate.chain'))
    return toIdentity(keyIn(key, keyPassword, at, name('ssl.key.password')), certificates, 'ssl.keystore.key', at)
  }
  const at = name('ssl.keystore.location')
  if (!location) {
    if (password) throw new ConfigError(`${name('ssl.keystore.password')} is given without ${at}.`)
    return undefined
  }
  const where = `${at} ${location}`
  const bytes = await readNamed(location, at)
  if (type === 'PEM') {
    if (password)
      throw new ConfigError(
        `${name('ssl.keystore.password')} has no use with a PEM file; the key’s password is ${name('ssl.key.password')}.`,
      )
    const text = bytes.toString()
    const own = keyIn(text, keyPassword, where, name('ssl.key.password'))
    return toIdentity(own, certificatesIn(text, where), 'ssl.keystore.location', where)
  }
  if (!password) throw new ConfigError(`${where} needs ${name('ssl.keystore.password')}.`)
  const store = await openStore(bytes, password, where, name('ssl.keystore.password'))
  const [entry] = store.keys
  if (!entry) throw new ConfigError(`${where} holds no private key; name a file with the key and its certificates.`)
  const der = openKey(entry, keyPassword ?? password, where, name('ssl.key.password'))
  return toIdentity(der, entry.chain.map(toPem), 'ssl.keystore.location', where)
}

function typeOf(value: string | undefined, property: string): string {
  const type = value?.trim().toUpperCase() || 'JKS'
  if (!types.includes(type)) throw new ConfigError(`${property}: ${value} cannot be read; use ${types.join(', ')}.`)
  return type
}

async function readNamed(file: string, property: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new ConfigError(`${property}: ${file} cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

/** The bytes decide: Java reads a PKCS12 file that is called JKS, and the other way round. */
async function openStore(
  bytes: Buffer,
  password: string | undefined,
  where: string,
  passwordProperty: string,
): Promise<Store> {
  try {
    return isJks(bytes) ? readJks(bytes, password) : await readPkcs12(bytes, password)
  } catch (error) {
    throw new ConfigError(
      `${where}: ${messageOf(error)} (${passwordProperty} is ${password ? 'given' : 'not given'})`,
      {
        cause: error,
      },
    )
  }
}

function openKey(entry: StoredKey, password: string, where: string, property: string): KeyObject {
  let der: Buffer
  try {
    der = entry.open(password)
  } catch (error) {
    throw new ConfigError(`${where}: the key ${entry.alias} cannot be opened: ${messageOf(error)}; set ${property}.`)
  }
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function toIdentity(own: KeyObject, chain: readonly string[], property: string, where: string): Identity {
  const first = chain[0] ? new X509Certificate(chain[0]) : undefined
  if (!first) throw new ConfigError(`${where} holds a key without a certificate; add the certificate and its chain.`)
  if (!first.checkPrivateKey(own))
    throw new ConfigError(`${where}: the first certificate (${first.subject}) is not that of the key; put it first.`)
  const key = own.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { key, chain, validTo: new Date(first.validTo), property }
}

function found(certificates: readonly string[], where: string): readonly string[] {
  if (certificates.length === 0) throw new ConfigError(`${where} holds no certificate to trust.`)
  return certificates
}

const toPem = (der: Buffer): string => new X509Certificate(der).toString()
