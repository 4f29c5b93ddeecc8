import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { ConfigError } from '#api'
import { type EpochFacts, readFacts, writeFacts } from './epoch-facts.ts'

/** Makes and opens epochs: encrypted and authenticated, so that a client can neither read nor alter them. */
export interface Keyring {
  /** base64url of key id, nonce, ciphertext and tag. */
  seal(facts: EpochFacts): string
  /** Undefined when it was not made by one of the keys, or was altered. */
  open(text: string): EpochFacts | undefined
}

interface Key {
  readonly id: Buffer
  readonly secret: Buffer
}

const [idBytes, nonceBytes, tagBytes] = [4, 12, 16]
const maxLength = 65_536

/** `keys` are base64 of 32 bytes; the first seals, all open. Throws `ConfigError` for none and for others. */
export function createKeyring(keys: readonly string[]): Keyring {
  const all = keys.map(readKey)
  const [first] = all
  if (!first) throw new ConfigError('gateway.position.keys is empty: name at least one key, base64 of 32 bytes.')
  return {
    seal(facts) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', first.secret, nonce).setAAD(first.id)
      const body = [cipher.update(writeFacts(facts)), cipher.final()]
      return Buffer.concat([first.id, nonce, ...body, cipher.getAuthTag()]).toString('base64url')
    },
    open(text) {
      if (text.length > maxLength) return undefined
      const bytes = Buffer.from(text, 'base64url')
      // Several texts decode to the same bytes; only the one that was issued counts.
      if (bytes.toString('base64url') !== text || bytes.length < idBytes + nonceBytes + tagBytes) return undefined
      const id = bytes.subarray(0, idBytes)
      const key = all.find((candidate) => candidate.id.equals(id))
      if (!key) return undefined
      const nonce = bytes.subarray(idBytes, idBytes + nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes })
      decipher.setAAD(id).setAuthTag(bytes.subarray(-tagBytes))
      try {
        const body = bytes.subarray(idBytes + nonceBytes, -tagBytes)
        return readFacts(Buffer.concat([decipher.update(body), decipher.final()]))
      } catch {
        // Altered: the tag does not fit. That is an answer, not a failure.
        return undefined
      }
    },
  }
}

function readKey(text: string, index: number): Key {
  const secret = Buffer.from(text, 'base64')
  if (secret.length !== 32)
    throw new ConfigError(`gateway.position.keys[${index}] has ${secret.length} bytes: it has to be base64 of 32.`)
  return { secret, id: createHash('sha256').update('position key').update(secret).digest().subarray(0, idBytes) }
}
