import { createHash, timingSafeEqual } from 'node:crypto'
import { ConnectError } from '#api'
import { childrenOf } from './der.ts'
import type { Store, StoredKey } from './key-stores.ts'

const magic = 0xfeedfeed
const digestBytes = 20

export const isJks = (bytes: Buffer): boolean => bytes.length > 12 && bytes.readUInt32BE(0) === magic

/**
 * Reads Java's own key store format, versions 1 and 2. Without a password nothing is checked, as in Java.
 * Layout: magic, version, count, entries, SHA-1 over password, a constant and all before it.
 */
export function readJks(bytes: Buffer, password: string | undefined): Store {
  const body = bytes.subarray(0, -digestBytes)
  if (password !== undefined && !isIntact(body, bytes.subarray(-digestBytes), password))
    throw new ConnectError('the password is wrong, or the file is damaged')
  try {
    return entriesOf(body)
  } catch (error) {
    if (error instanceof RangeError) throw new ConnectError('the file ends too early: it is damaged', { cause: error })
    throw error
  }
}

function entriesOf(body: Buffer): Store {
  const version = body.readUInt32BE(4)
  const count = body.readUInt32BE(8)
  let at = 12
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new RangeError('end of file')
    at += length
    return body.subarray(at - length, at)
  }
  const number = () => take(4).readUInt32BE(0)
  const text = () => take(take(2).readUInt16BE(0)).toString()
  const certificate = () => {
    if (version === 2) text()
    return Buffer.from(take(number()))
  }
  const keys: StoredKey[] = []
  const trusted: Buffer[] = []
  for (let entry = 0; entry < count; entry++) {
    const tag = number()
    const alias = text()
    take(8)
    if (tag === 1) {
      const sealed = Buffer.from(take(number()))
      const chain = Array.from({ length: number() }, certificate)
      keys.push({ alias, chain, open: (keyPassword) => unsealed(sealed, keyPassword) })
    } else if (tag === 2) trusted.push(certificate())
    else throw new ConnectError(`entry ${alias} is of a kind (${tag}) that cannot be read`)
  }
  return { keys, trusted }
}

const sha1 = (...parts: readonly Buffer[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest()

const isIntact = (body: Buffer, digest: Buffer, password: string): boolean =>
  timingSafeEqual(sha1(utf16(password), Buffer.from('Mighty Aphrodite'), body), digest)

/** Sun's key protector: the key is XORed with a chain of SHA-1 over password and the block before; salt first, a digest last. */
function unsealed(encryptedPrivateKeyInfo: Buffer, password: string): Buffer {
  const [, octets] = childrenOf(encryptedPrivateKeyInfo)
  if (!octets) throw new ConnectError('it is not in Java’s form')
  const secret = utf16(password)
  const sealed = octets.subarray(digestBytes, -digestBytes)
  const key = Buffer.alloc(sealed.length)
  let block = octets.subarray(0, digestBytes)
  for (let at = 0; at < sealed.length; at += digestBytes) {
    block = sha1(secret, block)
    for (let index = at; index < Math.min(at + digestBytes, sealed.length); index++)
      key[index] = (sealed[index] ?? 0) ^ (block[index - at] ?? 0)
  }
  if (!timingSafeEqual(sha1(secret, key), octets.subarray(-digestBytes)))
    throw new ConnectError('its password is wrong')
  return key
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
