import { getCiphers } from 'node:tls'
import { ConfigError } from '#api'

/** OpenSSL's names for Java's (IANA's), colon-separated; undefined when none is asked for. What OpenSSL lacks is warned about. */
export function toOpenSslSuites(
  value: string | undefined,
  property: string,
  warn: (message: string) => void,
): string | undefined {
  const wanted = value?.split(',').flatMap((each) => each.trim() || [])
  if (!wanted || wanted.length === 0) return undefined
  const known = getCiphers()
  const pairs = wanted.map((name) => ({ name, openSsl: toOpenSsl(name) }))
  const lacking = pairs.filter(({ openSsl }) => !known.includes(openSsl.toLowerCase())).map(({ name }) => name)
  if (lacking.length === wanted.length)
    throw new ConfigError(`${property}: none of ${lacking.join(', ')} is known to OpenSSL.`)
  if (lacking.length > 0) warn(`${property}: ${lacking.join(', ')} is not known to OpenSSL and left out.`)
  return pairs.flatMap(({ name, openSsl }) => (lacking.includes(name) ? [] : openSsl)).join(':')
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256`; the names of TLS 1.3 are the same. */
function toOpenSsl(name: string): string {
  const [keyExchange, cipher] = name.replace(/^(TLS|SSL)_/, '').split('_WITH_')
  if (cipher === undefined || keyExchange === undefined) return name
  const short = cipher
    .replace(/^AES_(\d+)/, 'AES$1')
    .replace(/_CBC_/, '_')
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, '$1')
  return (keyExchange === 'RSA' ? short : `${keyExchange}_${short}`).replaceAll('_', '-')
}
