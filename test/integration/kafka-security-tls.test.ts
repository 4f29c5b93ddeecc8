import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ConfigError, type Props } from '#api'
import { type TlsMaterial, tlsFromProps } from '../../src/security/index.ts'
import { type Authority, createAuthority, storePassword } from '../support/key-stores.ts'

let authority: Authority
const password = storePassword

beforeAll(async () => {
  authority = await createAuthority()
}, 120_000)
afterAll(() => authority.close())

/** Shakes hands with both sides' material; resolves with the name in the client's certificate as the server sees it. */
async function shakeHands(server: TlsMaterial, client: TlsMaterial, host = 'localhost'): Promise<string | undefined> {
  const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true })
  onTestFinished(() => void listener.close())
  const seen = new Promise<string | undefined>((resolve, reject) => {
    listener.once('secureConnection', (socket: TLSSocket) => {
      socket.on('error', reject)
      resolve(String(socket.getPeerCertificate().subject?.CN))
      socket.end()
    })
    listener.once('tlsClientError', reject)
  })
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', () => resolve()))
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', servername: host, port, ...client })
    onTestFinished(() => void socket.destroy())
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
    seen.catch(reject)
  })
  return seen
}

const refusal = (props: Props): Promise<ConfigError> =>
  tlsFromProps(props).then(
    () => expect.unreachable(),
    (error: unknown) => error as ConfigError,
  )

test.each([
  ['PKCS12', 'PKCS12', 'RSA'],
  ['JKS', 'JKS', 'RSA'],
  ['PKCS12', 'JKS', 'EC'],
  ['JKS', 'PKCS12', 'EC'],
] as const)(
  'stores that keytool made (%s trust, %s key, %s) serve both sides',
  async (trustType, keyType, algorithm) => {
    const name = `both-${trustType}-${keyType}`.toLowerCase()
    const material = await tlsFromProps({
      'ssl.truststore.location': await authority.trustStore(trustType),
      'ssl.truststore.password': password,
      'ssl.truststore.type': trustType,
      'ssl.keystore.location': await authority.keyStore(name, keyType, { algorithm }),
      'ssl.keystore.password': password,
      'ssl.keystore.type': keyType,
      'ssl.key.password': password,
    })
    expect(material.ca).toHaveLength(1)
    expect(await shakeHands(material, material)).toBe(name)
  },
)

test('a store is read by what it is, when its type is not given or wrong', async () => {
  const file = await authority.trustStore('PKCS12')
  for (const type of [undefined, 'JKS', 'PKCS12', 'pkcs12']) {
    const material = await tlsFromProps({
      'ssl.truststore.location': file,
      'ssl.truststore.password': password,
      'ssl.truststore.type': type,
    })
    expect(material.ca).toEqual([expect.stringContaining('BEGIN CERTIFICATE')])
  }
})

test('stores encrypted the old way, and those without a password or mark, are read too', async () => {
  const at = (file: string) => join(authority.dir, file)
  const old = await authority.trustStore('PKCS12', ['-J-Dkeystore.pkcs12.legacy'])
  const bare = ['-export', '-nokeys', '-in', at('ca.pem')]
  await authority.openssl('pkcs12', ...bare, '-out', at('unmarked.p12'), '-passout', `pass:${password}`)
  for (const file of [old, at('unmarked.p12')]) {
    const props = { 'ssl.truststore.location': file, 'ssl.truststore.password': password }
    expect((await tlsFromProps(props)).ca).toHaveLength(1)
  }
  const jks = { 'ssl.truststore.location': await authority.trustStore('JKS') }
  expect((await tlsFromProps(jks)).ca).toHaveLength(1)
})

test('PEM comes from a file or stands in the properties, on lines or on one, encrypted or not', async () => {
  const at = (file: string) => join(authority.dir, file)
  const store = await authority.keyStore('pem', 'PKCS12')
  const source = ['-in', store, '-passin', `pass:${password}`]
  await authority.openssl('pkcs12', ...source, '-nocerts', '-passout', `pass:${password}`, '-out', at('key.pem'))
  await authority.openssl('pkcs12', ...source, '-nocerts', '-nodes', '-out', at('plain-key.pem'))
  const [key, plainKey, chain] = await Promise.all(
    ['key.pem', 'plain-key.pem', 'pem.pem'].map((file) => readFile(at(file), 'utf8')),
  )
  await writeFile(at('own.pem'), `${key}${chain}`)
  const trust = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': authority.pem.replaceAll('\n', ' ') }
  const fromFile = await tlsFromProps({
    ...trust,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': at('own.pem'),
    'ssl.key.password': password,
  })
  const fromProps = await tlsFromProps({
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': at('ca.pem'),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': plainKey?.replaceAll('\n', ' '),
    'ssl.keystore.certificate.chain': chain,
  })
  expect(await shakeHands(fromFile, fromProps)).toBe('pem')
})

test('a host name that the certificate does not hold is refused, unless the check is switched off, which is warned about', async () => {
  const props = {
    'ssl.truststore.location': await authority.trustStore('JKS'),
    'ssl.keystore.location': await authority.keyStore('elsewhere', 'JKS', { san: 'dns:elsewhere.example' }),
    'ssl.keystore.password': password,
  }
  const material = await tlsFromProps(props)
  await expect(shakeHands(material, material)).rejects.toThrow(/does not match certificate's altnames/)
  const warnings: string[] = []
  const lenient = await tlsFromProps(
    { ...props, 'ssl.endpoint.identification.algorithm': '' },
    { warn: (message) => warnings.push(message) },
  )
  expect(await shakeHands(material, lenient)).toBe('elsewhere')
  expect(warnings).toEqual([expect.stringContaining('ssl.endpoint.identification.algorithm is empty')])
})

test('all mistakes are told at once, with property and file, and no password', async () => {
  const error = await refusal({
    'ssl.truststore.location': await authority.trustStore('PKCS12'),
    'ssl.truststore.password': `${password}-wrong`,
    'ssl.keystore.location': '/nowhere/keys.jks',
    'ssl.keystore.password': password,
    'ssl.enabled.protocols': 'SSLv3',
    'ssl.cipher.suites': 'NOTHING',
    'ssl.endpoint.identification.algorithm': 'LDAPS',
  })
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.context['errors']).toEqual([
    expect.stringMatching(/^ssl\.truststore\.location \S+\.store: the password is wrong.*ssl\.truststore\.password/),
    expect.stringMatching(/^ssl\.keystore\.location: \/nowhere\/keys\.jks cannot be read: ENOENT/),
    'ssl.enabled.protocols: SSLv3 is not known; use TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.',
    'ssl.cipher.suites: none of NOTHING is known to OpenSSL.',
    expect.stringContaining('ssl.endpoint.identification.algorithm: ldaps is not known'),
  ])
  expect(`${error.message}${error.stack}`).not.toContain(password)
})

test.each<[string, Props, RegExp]>([
  ['a wrong JKS password', { 'ssl.truststore.password': 'no' }, /the password is wrong, or the file is damaged/],
  [
    'a PEM read as a store',
    { 'ssl.truststore.location': 'ca.pem' },
    /neither JKS nor PKCS12; a PEM file needs the type PEM/,
  ],
  [
    'a store read as PEM',
    { 'ssl.truststore.type': 'PEM', 'ssl.truststore.password': null },
    /holds no "-----BEGIN CERT/,
  ],
  ['a type that is not known', { 'ssl.truststore.type': 'BCFKS' }, /BCFKS cannot be read; use JKS, PKCS12, PEM/],
  ['both ways at once', { 'ssl.truststore.certificates': 'x' }, /are both given/],
  ['a password without a store', { 'ssl.keystore.password': 'x' }, /given without .*ssl\.keystore\.location/],
  ['a key without certificates', { 'ssl.keystore.key': 'x' }, /need each other/],
])('%s is refused with what to do', async (_, props, expected) => {
  const file = await authority.trustStore('JKS')
  const named = props['ssl.truststore.location']
  const error = await refusal({
    'ssl.truststore.location': file,
    'ssl.truststore.password': password,
    ...props,
    ...(named && { 'ssl.truststore.location': join(authority.dir, named) }),
  })
  expect(error.message).toMatch(expected)
})

test('a key of its own password is opened with it, and refused without', async () => {
  const store = join(authority.dir, 'own-password.jks')
  await authority.keytool(
    ...`-genkeypair -keystore ${store} -storetype JKS -alias own -keyalg RSA -dname CN=own`.split(' '),
    '-keypass',
    'of-the-key-alone',
  )
  const props = { 'ssl.keystore.location': store, 'ssl.keystore.password': password }
  expect((await tlsFromProps({ ...props, 'ssl.key.password': 'of-the-key-alone' })).key).toContain('BEGIN PRIVATE KEY')
  expect((await refusal(props)).message).toMatch(
    /the key own cannot be opened: its password is wrong; set ssl\.key\.password/,
  )
})
