import { createHmac } from 'node:crypto'
import { ConfigError } from '#api'

/** The key of a secret as Standard Webhooks writes it: `whsec_` and base64 of 24 to 64 bytes. Throws `ConfigError`. */
function parseSecret(text: string): Buffer {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1]
  const key = Buffer.from(base64 ?? '', 'base64')
  if (key.length < 24 || key.length > 64) {
    throw new ConfigError('a secret must be whsec_ followed by base64 of 24 to 64 bytes')
  }
  return key
}

/** The secrets of a list; several are for a rotation, and each signs. Throws `ConfigError`. */
export function parseSecrets(text: string): readonly Buffer[] {
  const secrets = text.split(/[\s,]+/).filter((secret) => secret !== '')
  if (secrets.length === 0) throw new ConfigError('must hold a secret')
  return secrets.map(parseSecret)
}

/** The headers of a signed message: Standard Webhooks 1.0.0, symmetric signatures (`v1`). `seconds` since the epoch. */
export function signed(
  keys: readonly Buffer[],
  { id, seconds, body }: { readonly id: string; readonly seconds: number; readonly body: string },
): Readonly<Record<string, string>> {
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  }
}
