import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

export interface Certified {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface CertificateAuthority {
  readonly cert: string
  /** Names as in `subjectAltName`: type 1 is an address of mail, 2 a DNS name, 6 a URI, 7 an IP address. */
  issue(cn: string, altNames?: readonly ({ type: 1 | 2 | 6; value: string } | { type: 7; ip: string })[]): Certified
}

let serial = 0

const newPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
const leafPairs: ReturnType<typeof newPair>[] = []
/** Two in turn: one after the other they differ, and making one takes long. */
const leafPair = (turn: number) => (leafPairs[turn % 2] ??= newPair())

/** An authority that lives in memory. */
export function certificateAuthority(name = 'Test CA'): CertificateAuthority {
  const own = make(name, undefined, [{ name: 'basicConstraints', cA: true }])
  const issuer = { name, key: own.key }
  return {
    cert: own.cert,
    issue: (cn, altNames = [{ type: 7, ip: '127.0.0.1' }]) =>
      make(cn, issuer, [{ name: 'subjectAltName', altNames: [...altNames] }]),
  }
}

function make(cn: string, issuer: { name: string; key: string } | undefined, extensions: object[]): Certified {
  const pair = issuer ? leafPair(serial) : newPair()
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  certificate.serialNumber = (++serial).toString(16).padStart(2, '0')
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  certificate.setSubject([{ name: 'commonName', value: cn }])
  certificate.setIssuer([{ name: 'commonName', value: issuer?.name ?? cn }])
  certificate.setExtensions(extensions)
  certificate.sign(forge.pki.privateKeyFromPem(issuer?.key ?? pair.privateKey), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey }
}
