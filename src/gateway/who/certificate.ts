import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import type { CertificateName, TlsSettings } from '../settings.ts'
import type { Identity } from './auth.ts'
import { grantsOf } from './token-claims.ts'

/** Who a client is by its certificate; undefined: it showed none, none that an authority vouches for, or one that names nobody. */
export function certifiedIdentity(socket: Socket, { identity, claims }: TlsSettings): Identity | undefined {
  if (identity === 'none' || !(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const certificate = socket.getPeerCertificate()
  const name = nameOf(certificate, identity)
  if (name === undefined) return undefined
  const [from, to] = [Date.parse(certificate.valid_from), Date.parse(certificate.valid_to)]
  return {
    client: name,
    isAuthenticated: true,
    expiresAt: Number.isNaN(to) ? undefined : to,
    grants: grantsOf({ ...claims, sub: name }),
    tokenId: `certificate:${certificate.fingerprint256}`,
    issuedAt: Number.isNaN(from) ? undefined : from,
    isForOne: false,
  }
}

const kinds = { dns: 'DNS', email: 'email', uri: 'URI' } as const

/** One name of the kind, or nobody: of several no one could say which is meant. */
export function nameOf(
  { subject, subjectaltname = '' }: Pick<PeerCertificate, 'subject' | 'subjectaltname'>,
  kind: Exclude<CertificateName, 'none'>,
): string | undefined {
  if (kind === 'cn') {
    const name: unknown = subject?.CN
    return typeof name === 'string' && name !== '' ? name : undefined
  }
  // A name that could be mistaken for several is written as a JSON string.
  const names = [...subjectaltname.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)]
    .filter(([, of]) => of === kinds[kind])
    .map(([, , text = '']) => (text.startsWith('"') ? String(JSON.parse(text)) : text))
  return names.length === 1 && names[0] !== '' ? names[0] : undefined
}
