import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TlsOptions } from 'node:tls'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { ConfigError, type Converter, type Logger, RetriableError, type Schema, traceOf } from '#api'
import { avroConverter } from '../../src/converters/avro-converter.ts'
import { type Authority, createAuthority, storePassword } from '../support/key-stores.ts'
import { startRegistryProxy } from '../support/registry-proxy.ts'

const registry = inject('registry')
const secret = 'top-secret'
const schema: Schema = { type: 'struct', name: 'test.Safe', fields: [{ name: 'a', schema: { type: 'string' } }] }

let ours: Authority
let others: Authority
let server: TlsOptions
let trust: Record<'JKS' | 'PKCS12', string>
let client: Record<'JKS' | 'PKCS12', string>
let stranger: string

beforeAll(async () => {
  ;[ours, others] = await Promise.all([createAuthority(), createAuthority()])
  const own = await ours.keyStore('registry', 'PKCS12', { san: 'dns:localhost,ip:127.0.0.1' })
  server = { pfx: await readFile(own), passphrase: storePassword, ca: ours.pem }
  trust = { JKS: await ours.trustStore('JKS'), PKCS12: await ours.trustStore('PKCS12') }
  client = { JKS: await ours.keyStore('client-jks', 'JKS'), PKCS12: await ours.keyStore('client-p12', 'PKCS12') }
  stranger = await others.keyStore('stranger', 'PKCS12')
}, 120_000)
afterAll(async () => Promise.all([ours.close(), others.close()]))

/** All that was logged, to look for secrets in. */
const logged: unknown[] = []
const log: Logger = {
  debug: (...all) => void logged.push(all),
  info: (...all) => void logged.push(all),
  warn: (...all) => void logged.push(all),
  error: (...all) => void logged.push(all),
  child: () => log,
}

function create(props: Record<string, string>): Converter {
  const all = { 'max.retries': '0', ...props }
  const converter = avroConverter.create({ config: avroConverter.config.parse(all), props: all, isKey: false, log })
  onTestFinished(() => converter.close?.())
  return converter
}

const ssl = (entries: Record<string, string>) =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [`schema.registry.ssl.${name}`, value]))

const trusting = (type: 'JKS' | 'PKCS12') =>
  ssl({ 'truststore.location': trust[type], 'truststore.type': type, 'truststore.password': storePassword })

const showing = (location: string, type: 'JKS' | 'PKCS12') =>
  ssl({ 'keystore.location': location, 'keystore.type': type, 'keystore.password': storePassword })

/** Writes and reads a record, with a fresh subject. */
async function useIt(converter: Converter): Promise<unknown> {
  const topic = `registry-security.${randomUUID()}`
  const bytes = await converter.fromConnectData(topic, schema, { a: 'x' })
  return (await converter.toConnectData(topic, bytes)).value
}

async function failure(converter: Converter): Promise<Error> {
  const caught = await useIt(converter).catch((error: unknown) => error)
  if (!(caught instanceof Error)) throw new Error('it worked')
  for (const words of [traceOf(caught), inspect(caught, { depth: 9 }), inspect(logged, { depth: 9 })]) {
    for (const hidden of [secret, storePassword, Buffer.from(`user:${secret}`).toString('base64')]) {
      expect(words).not.toContain(hidden)
    }
  }
  return caught
}

const basic = (header: string | undefined) => header === `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`

test.each<[string, (url: string) => Record<string, string>]>([
  ['the URL', (url) => ({ 'schema.registry.url': url.replace('//', `//user:${secret}@`) })],
  [
    'basic.auth.user.info',
    (url) => ({
      'schema.registry.url': url,
      'basic.auth.credentials.source': 'USER_INFO',
      'basic.auth.user.info': `user:${secret}`,
    }),
  ],
  [
    'its former name',
    (url) => ({
      'schema.registry.url': url,
      'basic.auth.credentials.source': 'USER_INFO',
      'schema.registry.basic.auth.user.info': `user:${secret}`,
    }),
  ],
  [
    'sasl.jaas.config',
    (url) => ({
      'schema.registry.url': url,
      'basic.auth.credentials.source': 'SASL_INHERIT',
      'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="user" password="${secret}";`,
    }),
  ],
])('a registry behind TLS takes user and password from %s', async (_from, props) => {
  const proxy = await startRegistryProxy({ to: registry, tls: server, authorized: basic })
  expect(await useIt(create({ ...props(proxy.url), ...trusting('PKCS12') }))).toEqual({ a: 'x' })
})

test.each(['JKS', 'PKCS12'] as const)(
  'a registry that asks for a certificate takes that of a %s store',
  async (type) => {
    const tls = { ...server, requestCert: true, rejectUnauthorized: true }
    const { url } = await startRegistryProxy({ to: registry, tls })
    const props = { 'schema.registry.url': url, ...trusting(type) }
    expect(await useIt(create({ ...props, ...showing(client[type], type) }))).toEqual({ a: 'x' })
    expect(await failure(create(props))).toBeInstanceOf(RetriableError)
    expect(await failure(create({ ...props, ...showing(stranger, 'PKCS12') }))).toBeInstanceOf(RetriableError)
  },
)

test('certificates may stand in the properties as PEM', async () => {
  const { url } = await startRegistryProxy({ to: registry, tls: server })
  const pem = ssl({ 'truststore.type': 'PEM', 'truststore.certificates': ours.pem })
  expect(await useIt(create({ 'schema.registry.url': url, ...pem }))).toEqual({ a: 'x' })
})

test('a registry whose certificate nobody vouches for is not asked, and gets no password', async () => {
  const proxy = await startRegistryProxy({ to: registry, tls: server, authorized: basic })
  const url = proxy.url.replace('//', `//user:${secret}@`)
  expect((await failure(create({ 'schema.registry.url': url }))).message).toContain('certificate')
  expect(proxy.seen).toEqual([])
})

test('a wrong password is the configuration’s fault, and is not shown', async () => {
  const { url } = await startRegistryProxy({ to: registry, authorized: () => false })
  const error = await failure(create({ 'schema.registry.url': url.replace('//', `//user:${secret}@`) }))
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).toContain('refused the credentials (401)')
})

test('a wrong password of a store names the property, and is not shown', async () => {
  const { url } = await startRegistryProxy({ to: registry, tls: server })
  const props = { ...trusting('JKS'), 'schema.registry.ssl.truststore.password': secret }
  const error = await failure(create({ 'schema.registry.url': url, ...props }))
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).toContain('schema.registry.ssl.truststore')
})

test('a token and headers of the user’s are sent', async () => {
  const proxy = await startRegistryProxy({ to: registry, authorized: (header) => header === `Bearer ${secret}` })
  const converter = create({
    'schema.registry.url': proxy.url,
    'bearer.auth.token': secret,
    'bearer.auth.logical.cluster': 'lsrc-1',
    'bearer.auth.identity.pool.id': 'pool-1',
    'request.header.X-Tenant': 'a',
  })
  expect(await useIt(converter)).toEqual({ a: 'x' })
  expect(proxy.seen[0]).toMatchObject({
    'target-sr-cluster': 'lsrc-1',
    'confluent-identity-pool-id': 'pool-1',
    'x-tenant': 'a',
  })
})

/** Gives tokens `token-1`, `token-2` … to the one client that it knows. */
async function startIssuer(lifeSeconds: number) {
  const asked: string[] = []
  let down = false
  const issuer = createServer(server, async (request, response) => {
    const body = await text(request)
    asked.push(body)
    const known = request.headers.authorization === `Basic ${Buffer.from(`id:${secret}`).toString('base64')}`
    const [status, answer] = down
      ? [503, {}]
      : known
        ? [200, { access_token: `token-${asked.length}`, expires_in: lifeSeconds, token_type: 'Bearer' }]
        : [401, { error: 'invalid_client', hint: secret }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await once(issuer.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    issuer.closeAllConnections()
    issuer.close()
  })
  const url = `https://127.0.0.1:${(issuer.address() as AddressInfo).port}/token`
  return { url, asked, fail: (now: boolean) => void (down = now) }
}

const oauth = (url: string, issuer: string, clientSecret = secret) => ({
  'schema.registry.url': url,
  'bearer.auth.credentials.source': 'OAUTHBEARER',
  'bearer.auth.issuer.endpoint.url': issuer,
  'bearer.auth.client.id': 'id',
  'bearer.auth.client.secret': clientSecret,
  'bearer.auth.scope': 'schemas',
  ...trusting('PKCS12'),
})

test('a token is got once, and got anew when it is refused', async () => {
  const issuer = await startIssuer(3600)
  let accepted = 'Bearer token-1'
  const { url } = await startRegistryProxy({ to: registry, authorized: (header) => header === accepted })
  const converter = create(oauth(url, issuer.url))
  await useIt(converter)
  await useIt(converter)
  expect(issuer.asked).toEqual(['grant_type=client_credentials&scope=schemas'])
  accepted = 'Bearer token-2'
  await useIt(converter)
  expect(issuer.asked).toHaveLength(2)
})

test('an issuer that is down may be asked again; one that knows no such client may not', async () => {
  const issuer = await startIssuer(3600)
  const { url } = await startRegistryProxy({ to: registry })
  const converter = create(oauth(url, issuer.url))
  issuer.fail(true)
  const away = await failure(converter)
  expect(away).toBeInstanceOf(RetriableError)
  expect(away.message).toContain(issuer.url)
  issuer.fail(false)
  expect(await useIt(converter)).toEqual({ a: 'x' })
  const refused = await failure(create(oauth(url, issuer.url, 'wrong')))
  expect(refused).toBeInstanceOf(ConfigError)
  expect(refused.message).toContain('bearer.auth.client.secret')
})

test('a registry that is down is an error to try again after, with its URL, and it is used when it is back', async () => {
  const proxy = await startRegistryProxy({ to: registry })
  const converter = create({ 'schema.registry.url': proxy.url })
  await proxy.stop()
  const error = await failure(converter)
  expect(error).toBeInstanceOf(RetriableError)
  expect(error.message).toContain(proxy.url)
  await proxy.start()
  expect(await useIt(converter)).toEqual({ a: 'x' })
})

test('max.retries bridges a short outage, and closing ends the waiting', async () => {
  const proxy = await startRegistryProxy({ to: registry })
  const props = {
    'schema.registry.url': proxy.url,
    'max.retries': '1000',
    'retries.wait.ms': '20',
    'retries.max.wait.ms': '20',
  }
  await proxy.stop()
  const waiting = useIt(create(props))
  const left = create({ ...props, 'retries.wait.ms': '60000', 'retries.max.wait.ms': '60000' })
  const leaving = useIt(left).catch((error: unknown) => error)
  await left.close?.()
  expect(await leaving).toBeInstanceOf(RetriableError)
  await proxy.start()
  expect(await waiting).toEqual({ a: 'x' })
})
