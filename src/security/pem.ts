import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ConfigError, messageOf } from '#api'

interface Block {
  readonly label: string
  readonly text: string
}

/** Each certificate of a text, as PEM. A properties file may hold them on one line, with blanks where lines ended. */
export function certificatesIn(text: string, where: string): readonly string[] {
  const found = blocksIn(text).filter(({ label }) => label === 'CERTIFICATE')
  if (found.length === 0) throw new ConfigError(`${where} holds no "-----BEGIN CERTIFICATE-----".`)
  return found.map(({ text: pem }, index) => {
    try {
      return new X509Certificate(pem).toString()
    } catch (error) {
      throw new ConfigError(`${where}: certificate ${index + 1} cannot be read: ${messageOf(error)}`, { cause: error })
    }
  })
}

/** The private key of a text. */
export function keyIn(text: string, password: string | undefined, where: string, passwordProperty: string): KeyObject {
  const block = blocksIn(text).find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (!block) throw new ConfigError(`${where} holds no "-----BEGIN PRIVATE KEY-----".`)
  const isEncrypted = block.label.startsWith('ENCRYPTED') || block.text.includes('Proc-Type: 4,ENCRYPTED')
  if (isEncrypted && !password) throw new ConfigError(`${where}: the key is encrypted; set ${passwordProperty}.`)
  try {
    return createPrivateKey({ key: block.text, ...(isEncrypted && { passphrase: password }) })
  } catch (error) {
    const doubt = isEncrypted ? `cannot be decrypted; check ${passwordProperty}` : 'cannot be read'
    throw new ConfigError(`${where}: the private key ${doubt}: ${messageOf(error)}`, { cause: error })
  }
}

function blocksIn(text: string): readonly Block[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]+?)-----END \1-----/g)].map(
    ([, label = '', body = '']) => ({
      label,
      text: `-----BEGIN ${label}-----\n${wrapped(body)}\n-----END ${label}-----\n`,
    }),
  )
}

/** Lines of 64; a body with headers (RFC 1421) keeps its own. */
const wrapped = (body: string): string =>
  body.includes(':') ? body.trim() : (body.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? []).join('\n')
