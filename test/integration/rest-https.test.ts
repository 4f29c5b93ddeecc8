import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { SecureContextOptions } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { peerTls, restOptions } from '../../src/cli/rest-options.ts'
import { readRestSettings } from '../../src/config/index.ts'
import { ElsewhereError, type Herder } from '../../src/herder/herder.ts'
import { startRest } from '../../src/rest/index.ts'
import { createPeerClient } from '../../src/util/peer-client.ts'
import { type Authority, createAuthority, storePassword } from '../support/key-stores.ts'
import { quietLog } from '../support/quiet.ts'
import { memoryHerder } from '../unit/rest/memory-herder.ts'

let ours: Authority
let others: Authority
let stores: { jks: string; pkcs12: string; trust: string }
/** What clients show. */
let known: SecureContextOptions
let stranger: SecureContextOptions

beforeAll(async () => {
  ;[ours, others] = await Promise.all([createAuthority(), createAuthority()])
  const pkcs12 = await ours.keyStore('worker', 'PKCS12')
  stores = { pkcs12, jks: await ours.keyStore('other', 'JKS'), trust: await ours.trustStore('JKS') }
  known = { pfx: await readFile(await ours.keyStore('client', 'PKCS12')), passphrase: storePassword }
  stranger = { pfx: await readFile(await others.keyStore('stranger', 'PKCS12')), passphrase: storePassword }
}, 120_000)
afterAll(async () => Promise.all([ours.close(), others.close()]))

/** A worker's REST from its properties, as the command starts it. */
async function start(props: Record<string, string>, herder: Partial<Herder> = {}) {
  const settings = readRestSettings(props, { host: '127.0.0.1', port: 0 })
  const options = await restOptions(settings, props, quietLog)
  const peers = createPeerClient({ tls: async () => peerTls(props, quietLog) })
  const rest = await startRest({
    ...options,
    herder: memoryHerder(herder),
    log: quietLog,
    ready: () => true,
    peers,
  })
  onTestFinished(async () => {
    await rest.stop()
    peers.close()
  })
  return rest
}

async function get(url: string, client: SecureContextOptions = {}, headers = {}) {
  const sent = request(url, { ca: ours.pem, agent: false, ...client, headers }).end()
  const [answer] = await once(sent, 'response')
  return { status: answer.statusCode as number, body: await text(answer), headers: answer.headers as object }
}

const store = (kind: 'jks' | 'pkcs12', prefix = '') => ({
  [`${prefix}ssl.keystore.location`]: stores[kind],
  [`${prefix}ssl.keystore.type`]: kind.toUpperCase(),
  [`${prefix}ssl.keystore.password`]: storePassword,
  [`${prefix}ssl.key.password`]: storePassword,
})
const trust = () => ({ 'ssl.truststore.location': stores.trust, 'ssl.truststore.password': storePassword })

test.each(['jks', 'pkcs12'] as const)('serves https with a %s store', async (kind) => {
  const rest = await start({ listeners: 'https://127.0.0.1:0', ...store(kind) })
  expect(rest.url).toBe(`https://127.0.0.1:${rest.port}`)
  expect(await get(`${rest.url}/connectors`)).toMatchObject({ status: 200, body: '[]' })
})

test('serves https with PEM text, under the prefix of the listeners alone', async () => {
  const key = await ours.openssl(
    'pkcs12',
    '-in',
    stores.pkcs12,
    '-passin',
    `pass:${storePassword}`,
    '-nodes',
    '-nocerts',
  )
  const chain = await ours.openssl('pkcs12', '-in', stores.pkcs12, '-passin', `pass:${storePassword}`, '-nokeys')
  const rest = await start({
    listeners: 'https://127.0.0.1:0',
    'listeners.https.ssl.keystore.type': 'PEM',
    'listeners.https.ssl.keystore.key': key,
    'listeners.https.ssl.keystore.certificate.chain': chain,
    // Not looked at, since there are properties with the prefix.
    'ssl.keystore.location': '/nowhere',
  })
  expect(await get(`${rest.url}/`)).toMatchObject({ status: 200 })
})

test('speaks http and https at once, and sends others to http unless told otherwise', async () => {
  const listeners = { listeners: 'https://127.0.0.1:0,http://127.0.0.1:0', ...store('pkcs12') }
  const rest = await start(listeners)
  const [https = '', http = ''] = rest.urls
  expect(rest.url).toBe(http)
  expect((await fetch(`${http}/`)).status).toBe(200)
  expect(await get(`${https}/`)).toMatchObject({ status: 200 })
  expect((await start({ ...listeners, 'rest.advertised.listener': 'https' })).url).toMatch(/^https:/)
})

test('tells where a connector is in the scheme that the client used', async () => {
  const rest = await start({ listeners: 'https://127.0.0.1:0', ...store('pkcs12') })
  const sent = request(`${rest.url}/connectors`, {
    method: 'POST',
    ca: ours.pem,
    agent: false,
    headers: { 'content-type': 'application/json' },
  }).end(JSON.stringify({ name: 'x', config: { 'connector.class': 'MemorySink' } }))
  const [answer] = await once(sent, 'response')
  answer.resume()
  expect(answer.headers.location).toBe(`${rest.url}/connectors/x`)
})

test('lets in only clients with a good certificate where one is required', async () => {
  const rest = await start({
    listeners: 'https://127.0.0.1:0',
    'ssl.client.auth': 'required',
    ...store('pkcs12'),
    ...trust(),
  })
  expect(await get(`${rest.url}/`, known)).toMatchObject({ status: 200 })
  await expect(get(`${rest.url}/`)).rejects.toThrow(/ECONNRESET|socket hang up|alert|disconnected/)
  await expect(get(`${rest.url}/`, stranger)).rejects.toThrow(/ECONNRESET|socket hang up|alert|disconnected/)
})

test('lets in clients without a certificate where one is requested, but none with a bad one', async () => {
  const rest = await start({
    listeners: 'https://127.0.0.1:0',
    'ssl.client.auth': 'requested',
    ...store('pkcs12'),
    ...trust(),
  })
  expect(await get(`${rest.url}/`, known)).toMatchObject({ status: 200 })
  expect(await get(`${rest.url}/`)).toMatchObject({ status: 200 })
  await expect(get(`${rest.url}/`, stranger)).rejects.toThrow(/ECONNRESET|socket hang up|alert|disconnected/)
})

test('does not start with https and without a certificate', async () => {
  await expect(start({ listeners: 'https://127.0.0.1:0' })).rejects.toThrow(
    'https needs a certificate: set ssl.keystore',
  )
})

test('stops in time although a handshake never ends', async () => {
  const rest = await start({ listeners: 'https://127.0.0.1:0', ...store('pkcs12') })
  const socket = connect(rest.port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  // Another connection shows that the server has seen the first.
  expect(await get(`${rest.url}/`)).toMatchObject({ status: 200 })
  const began = performance.now()
  await rest.stop()
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('asks the users of a file for their passwords, from properties as Java’s', async () => {
  const users = join(ours.dir, 'users.properties')
  const jaas = join(ours.dir, 'jaas.conf')
  await writeFile(users, 'alice=secret\n')
  const module = 'org.apache.kafka.connect.rest.basic.auth.extension'
  await writeFile(jaas, `KafkaConnect { ${module}.PropertyFileLoginModule required file="${users}"; };`)
  const rest = await start({
    listeners: 'https://127.0.0.1:0',
    'rest.extension.classes': `${module}.BasicAuthSecurityRestExtension`,
    'rest.jaas.file': jaas,
    'response.http.headers.config': 'set X-Frame-Options: DENY',
    'access.control.allow.origin': 'https://tools.example',
    ...store('pkcs12'),
  })
  const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
  expect(await get(`${rest.url}/`)).toMatchObject({ status: 401, body: 'User cannot access the resource.' })
  expect(await get(`${rest.url}/`, {}, { authorization, origin: 'https://tools.example' })).toMatchObject({
    status: 200,
    headers: { 'x-frame-options': 'DENY', 'access-control-allow-origin': 'https://tools.example' },
  })
})

test('workers reach each other by https, with the certificates of their listeners', async () => {
  const props = { listeners: 'https://127.0.0.1:0', 'ssl.client.auth': 'required', ...store('pkcs12'), ...trust() }
  const leader = await start(props)
  const toLeader = async () => Promise.reject(new ElsewhereError('x', { context: { url: leader.url } }))
  const follower = await start(props, { putConnector: toLeader, deleteConnector: toLeader })
  const config = JSON.stringify({ 'connector.class': 'MemorySink', topics: 'a' })
  const sent = request(`${follower.url}/connectors/x/config`, {
    ...known,
    ca: ours.pem,
    agent: false,
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
  }).end(config)
  const [answer] = await once(sent, 'response')
  expect(answer.statusCode).toBe(201)
  expect(await get(`${leader.url}/connectors`, known)).toMatchObject({ body: '["x"]' })
  // Without trust nobody is told anything.
  const untrusting = await start({ listeners: 'http://127.0.0.1:0' }, { deleteConnector: toLeader })
  const refused = await fetch(`${untrusting.url}/connectors/x`, { method: 'DELETE' })
  expect({ status: refused.status, body: await refused.json() }).toMatchObject({
    status: 500,
    body: { message: expect.stringMatching(/^IO Error trying to forward REST request: .*(?:certificate|issuer)/i) },
  })
})
