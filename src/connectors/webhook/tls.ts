import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { type ConfigComplaint, messageOf, type Password } from '#api'

/** Kafka's names for certificates and keys that are given as text. */
export const tlsKeys = {
  'ssl.truststore.certificates': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The certificates to trust instead of those that Node trusts, as PEM; a config provider can read them from a file.',
  },
  'ssl.keystore.certificate.chain': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The certificate to show to the endpoint and its chain, as PEM.',
  },
  'ssl.keystore.key': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The key of `ssl.keystore.certificate.chain`, as PEM.',
  },
  'ssl.key.password': {
    type: 'password',
    importance: 'medium',
    default: null,
    doc: 'The password of `ssl.keystore.key`.',
  },
} as const

export type TlsOptions = { readonly [Name in keyof typeof tlsKeys]: Password | null }

/** The certificates and the key as Node takes them. */
export const tlsOf = (options: TlsOptions): SecureContextOptions => ({
  ca: options['ssl.truststore.certificates']?.reveal(),
  cert: options['ssl.keystore.certificate.chain']?.reveal(),
  key: options['ssl.keystore.key']?.reveal(),
  passphrase: options['ssl.key.password']?.reveal(),
})

/** What is wrong with them. */
export function tlsComplaints(options: TlsOptions): readonly ConfigComplaint[] {
  const { ca, cert, key, passphrase } = tlsOf(options)
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'ssl.keystore.certificate.chain' : 'ssl.keystore.key'
    return [{ key: missing, error: 'is missing: a certificate and its key are given together' }]
  }
  const complaintOf = (name: string, context: SecureContextOptions): readonly ConfigComplaint[] => {
    try {
      createSecureContext(context)
      return []
    } catch (error) {
      return [{ key: name, error: `cannot be used: ${messageOf(error)}` }]
    }
  }
  return [
    ...complaintOf('ssl.truststore.certificates', { ca }),
    ...complaintOf('ssl.keystore.key', { cert, key, passphrase }),
  ]
}
